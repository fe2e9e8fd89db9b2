/** What clusters and instances have alike: properties, problems. */
import { makeStyles, tokens } from '@fluentui/react-components'
import type { Compute, Problem } from '~/api/types.ts'
import { Banner } from '~/components/Notice.tsx'
import type { Property } from '~/components/Panel.tsx'
import { type Format, type Text, useFormat, useText } from '~/i18n/text.tsx'
import { locationOf, nameOfId } from '~/modules/computeKinds.ts'
import type { Prices } from '~/modules/computePrices.ts'
import { warningText } from '~/modules/warningText.ts'

type Said = { code: string; message: string; target?: string | null }
type Wrapped = { error: Said }

const useStyles = makeStyles({
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalL },
  tags: { display: 'flex', flexDirection: 'column' },
})

/** What is wrong with a compute, and what is not as it was asked for. */
export function Problems({ compute: c, errors }: { compute: Compute; errors?: Wrapped[] | null | undefined }) {
  const t = useText()
  const styles = useStyles()
  const provisioning = (c.properties.provisioningErrors ?? []) as Wrapped[]
  const wrong = [...provisioning, ...(errors ?? [])].map((e) => e.error)
  const warnings = warningsOf(c)
  const once = wrong.filter((e, i) => wrong.findIndex((o) => o.code === e.code && o.message === e.message) === i)
  const list = (all: Said[]) => (
    <ul className={styles.list}>
      {all.map((e) => {
        const text = warningText(t, e)
        return text ? (
          <li key={e.code + e.message}>{text}</li>
        ) : (
          <li key={e.code + e.message} lang="en">
            {e.message} ({e.code})
          </li>
        )
      })}
    </ul>
  )
  return (
    <>
      {once.length > 0 && (
        <Banner intent="error" title={t('details.errors')}>
          {list(once)}
        </Banner>
      )}
      {warnings.length > 0 && (
        <Banner intent="warning" title={t('details.warnings')}>
          {list(warnings)}
        </Banner>
      )}
    </>
  )
}

export function warningsOf(c: Compute): Problem[] {
  const { provisioningWarnings: w } = c.properties
  return Array.isArray(w) ? w : []
}

/** What a compute costs as it is now; a dash as long as its size is not known. */
export function costText(t: Text, format: Format, prices: Prices, c: Compute): string {
  const price = prices.of(c)
  if (price === 'own') return t('money.free')
  if (price === undefined) return prices.size(c) ? t('details.cost.unknown') : '–'
  return t('money.perHour', { amount: format.money(price) })
}

/** Properties that every compute has; some belong first and some last. */
export function usePropertiesOfAll(c: Compute): { first: Property[]; last: Property[] } {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const p = c.properties
  const tags = Object.entries(c.tags ?? {})
  const users = Object.keys(c.identity?.userAssignedIdentities ?? {})
  const identity =
    users.length > 0
      ? users.map(nameOfId).join(', ')
      : c.identity?.type === 'SystemAssigned'
        ? t('details.identity.system')
        : t('none')
  return {
    first: [
      { label: t('details.type'), value: t(`type.${p.computeType}`) },
      { label: t('details.location'), value: locationOf(c) },
    ],
    last: [
      { label: t('details.identity'), value: identity },
      { label: t('details.description'), value: p.description },
      {
        label: t('details.tags'),
        value:
          tags.length === 0 ? (
            t('none')
          ) : (
            <span className={styles.tags}>
              {tags.map(([k, v]) => (
                <span key={k}>{v ? `${k}: ${v}` : k}</span>
              ))}
            </span>
          ),
      },
      { label: t('details.provisioning'), value: t(`state.${p.provisioningState}` as 'state.Succeeded') },
      { label: t('details.created'), value: p.createdOn && format.time(p.createdOn) },
      { label: t('details.modified'), value: p.modifiedOn && format.time(p.modifiedOn) },
    ],
  }
}
