import { makeStyles } from '@fluentui/react-components'
import { useMemo, useRef, useState } from 'react'
import { logAddress } from '~/api/queries/job.ts'
import type { LogInfo } from '~/api/types.ts'
import { Banner, Empty } from '~/components/Notice.tsx'
import { useTyped } from '~/components/typed.ts'
import { useFormat, useText } from '~/i18n/text.tsx'
import { useWorkspace } from '../workspace.tsx'
import { useLogAddress } from './address.ts'
import { choose } from './choose.ts'
import { nothing, useLogs } from './client.ts'
import { LogDownload } from './LogDownload.tsx'
import { LogPane, type PaneHandle } from './LogPane.tsx'
import { LogStatus } from './LogStatus.tsx'
import { LogToolbar } from './LogToolbar.tsx'
import { mostBytes } from './lines.ts'
import type { Source } from './protocol.ts'
import { expression } from './search.ts'
import { useLogQuery } from './useLogQuery.ts'

const useStyles = makeStyles({
  root: { display: 'flex', flexDirection: 'column', minWidth: 0 },
})

/** The logs of a job: read as they grow, searched, filtered, linked to by line. Over says that the job has ended. */
export function LogViewer({ job, logs, over }: { job: string; logs: LogInfo[]; over: boolean }) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const ws = useWorkspace()
  const { search: address, range, change, select } = useLogAddress()
  // A search begins with each letter; the address hears of it when typing rests.
  const [q, type] = useTyped(address.q ?? '', (v) => change({ q: v || undefined }))
  const search = { ...address, q }
  const chosen = useMemo(() => choose(logs, address), [logs, address])
  const sources = useMemo(
    () => chosen.logs.map((l): Source => ({ url: logAddress(ws, job, l, {}), size: l.size, rank: l.rank })),
    [chosen, ws, job],
  )
  const client = useLogs(sources)
  const state = client?.state ?? nothing
  useLogQuery(client, search)
  const [following, setFollowing] = useState(!over && !range)
  const [at, setAt] = useState<number>()
  const pane = useRef<PaneHandle>(null)
  const searchInput = useRef<HTMLInputElement>(null)
  const query = useMemo(() => {
    const re = search.q
      ? expression({ text: search.q, regex: search.re === '1', matchCase: search.cs === '1' })
      : undefined
    return typeof re === 'string' ? undefined : re
  }, [search.q, search.re, search.cs])
  const seek = async (back: boolean) => {
    const found = await client?.seek(pane.current?.row() ?? 0, back)
    if (!found || found.row < 0) return
    setAt(found.index)
    pane.current?.show(found.row)
  }
  if (logs.length === 0) {
    return <Empty title={t('log.none')}>{t(over ? 'log.none.over' : 'log.none.help')}</Empty>
  }
  const ended = state.phase === 'ended'
  return (
    <div className={styles.root}>
      <LogToolbar
        search={search}
        state={state}
        rested={q === (address.q ?? '')}
        searchInput={searchInput}
        {...chosen}
        at={at}
        following={following && !ended}
        canFollow={!ended}
        onChange={(c) => {
          setAt(undefined)
          change(c)
        }}
        onType={(v) => {
          setAt(undefined)
          type(v)
        }}
        onFollow={(on) => {
          setFollowing(on)
          if (on) pane.current?.toEnd()
        }}
        onSeek={(back) => void seek(back)}
        end={<LogDownload job={job} logs={chosen.logs} />}
      />
      {state.phase === 'failed' && <Banner intent="error">{t('log.phase.failed', { why: state.error ?? '' })}</Banner>}
      {state.phase === 'dropped' && <Banner intent="warning">{t('log.phase.dropped')}</Banner>}
      {state.truncated && <Banner intent="warning">{t('log.truncated', { size: format.bytes(mostBytes) })}</Banner>}
      <LogPane
        ref={pane}
        client={client}
        state={state}
        search={query}
        wrap={search.wrap === '1'}
        times={search.ts !== '0'}
        ranks={chosen.logs.length > 1}
        following={following}
        range={range}
        onFollow={setFollowing}
        onSelect={select}
        onSeek={(back) => void seek(back)}
        onSearch={() => searchInput.current?.focus()}
      />
      <LogStatus
        client={client}
        state={state}
        range={range}
        following={following}
        onEnd={() => {
          setFollowing(true)
          pane.current?.toEnd()
        }}
      />
    </div>
  )
}
