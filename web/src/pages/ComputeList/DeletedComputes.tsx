import { Checkbox, makeStyles, tokens } from '@fluentui/react-components'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { events } from '~/api/queries/job.ts'
import { TextLink } from '~/components/TextLink.tsx'
import type { TableSearch } from '~/components/tableSearch.ts'
import { useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { useNow } from '~/modules/clock.ts'
import { partOf } from '~/modules/eventText.ts'
import { Failure } from '~/modules/Failure.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'

const week = 7 * 86_400_000
const most = 200

const useStyles = makeStyles({
  link: { textDecorationLine: 'underline' },
  list: { margin: 0, paddingInlineStart: tokens.spacingHorizontalXXL, lineHeight: tokens.lineHeightBase400 },
})

/** Whether to show what was deleted or detached lately, of all kinds, and by whom. */
export function DeletedComputes() {
  const t = useText()
  const navigate = useNavigate()
  const { deleted } = useSearch({ strict: false }) as TableSearch
  const choose = (on: boolean) =>
    void navigate({
      to: '.',
      search: ((was: object) => ({ ...was, deleted: on ? '7d' : undefined })) as never,
    })
  return (
    <>
      <Checkbox
        label={t('compute.deleted.show')}
        checked={Boolean(deleted)}
        onChange={(_, d) => choose(d.checked === true)}
      />
      {deleted && <Deleted />}
    </>
  )
}

function Deleted() {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const now = useNow()
  const query = useInfiniteQuery(events(ws, { reason: 'DeleteRequested' }, most))
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />
  if (!query.data) return null
  const lately = query.data.pages
    .flatMap((p) => p.value)
    .filter((e) => partOf(e.target).kind === 'computes' && now - Date.parse(e.at) < week)
    .reverse()
  if (lately.length === 0) return <p>{t('compute.deleted.none')}</p>
  return (
    <ul className={styles.list} aria-label={t('compute.deleted')}>
      {lately.map((e) => {
        const { name, path } = partOf(e.target)
        return (
          <li key={e.seq}>
            <TextLink to="/w/$ws/activity" params={{ ws: ws.name }} search={{ target: path }} className={styles.link}>
              {name}
            </TextLink>
            {' · '}
            {t('compute.deleted.by', { actor: e.actor })} · <Ago at={e.at} />
          </li>
        )
      })}
    </ul>
  )
}
