import type { Reason } from '~/api/types.ts'
import type { MessageId } from '~/i18n/catalogue.ts'
import type { Text } from '~/i18n/text.tsx'

type Said = { id: MessageId; needs: string[] }

/** The words for a code, and the figures that they name. */
const words: Record<string, Said> = {
  ClusterAtMax: { id: 'reason.ClusterAtMax', needs: ['max'] },
  QueuedBehind: { id: 'reason.QueuedBehind', needs: ['n'] },
  ScalingUp: { id: 'reason.ScalingUp', needs: ['n', 'stage'] },
  QuotaExceeded: { id: 'reason.QuotaExceeded', needs: ['need', 'family', 'free'] },
  NoCapacity: { id: 'reason.NoCapacity', needs: ['size'] },
  SizeMismatch: { id: 'reason.SizeMismatch', needs: ['need', 'name', 'max'] },
  ComputeStopped: { id: 'reason.ComputeStopped', needs: ['name'] },
  ComputeFailed: { id: 'reason.ComputeFailed', needs: ['name', 'cause'] },
  ImagePull: { id: 'reason.ImagePull', needs: ['done', 'total'] },
  Preempted: { id: 'reason.Preempted', needs: ['n'] },
  Dependency: { id: 'reason.Dependency', needs: ['job'] },
  ConcurrencyLimit: { id: 'reason.ConcurrencyLimit', needs: ['n'] },
  Permission: { id: 'reason.Permission', needs: ['user', 'name'] },
  NetworkCheck: { id: 'reason.NetworkCheck', needs: ['host'] },
  ScheduleWindow: { id: 'reason.ScheduleWindow', needs: ['time'] },
  EnvironmentBuild: { id: 'reason.EnvironmentBuild', needs: [] },
}

const number = (v: string): string | number => (/^\d+$/.test(v) ? Number(v) : v)

/** A few codes are said in another way where the figures ask for it. */
function said(code: string, params: Record<string, string>): Said | undefined {
  if (code === 'ClusterAtMax' && Number(params.busy) < Number(params.max)) {
    return { id: 'reason.ClusterNearMax', needs: ['busy', 'max', 'need'] }
  }
  if (code === 'QueuedBehind' && params.more === 'true') return { id: 'reason.QueuedBehindMany', needs: ['n'] }
  return words[code]
}

/** A reason in the language that is shown; in the server's words when it is new to the studio or its figures are missing. */
export function reasonText(t: Text, reason: Pick<Reason, 'code' | 'message'> & { params?: Reason['params'] }): string {
  const params = reason.params ?? {}
  const found = said(reason.code, params)
  if (!found?.needs.every((name) => params[name] !== undefined && params[name] !== '')) return reason.message
  const values: Record<string, string | number> = {}
  for (const [name, value] of Object.entries(params)) values[name] = number(value)
  if (params.stage === 'Wanted' || params.stage === 'Booting') values.stage = t(`reason.stage.${params.stage}`)
  if (reason.code === 'ComputeFailed' && params.cause === 'Deleting') values.cause = t('state.Deleting')
  return t(found.id, values)
}

/** The one to tell where there is room for one: the first that holds everything up. */
export const foremost = <R extends { blocking: boolean }>(reasons: R[] | null | undefined): R | undefined =>
  reasons?.find((r) => r.blocking) ?? reasons?.[0]
