import { makeStyles, tokens } from '@fluentui/react-components'
import { useQuery } from '@tanstack/react-query'
import { isStatus } from '~/api/http.ts'
import { assetVersion, codeAddress, codeFiles } from '~/api/queries/asset.ts'
import type { Job } from '~/api/types.ts'
import { Banner, Empty, Loading } from '~/components/Notice.tsx'
import { Panel, PropertyList } from '~/components/Panel.tsx'
import { useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { command, quote, workspaceFlags } from '~/modules/specs/shell.ts'
import { useWorkspace } from '~/modules/workspace.tsx'
import { FileBrowser } from './FileBrowser.tsx'

const useStyles = makeStyles({ asset: { maxWidth: '640px', marginBottom: tokens.spacingVerticalL } })

/** The code that went with the job. */
export function CodeView({ job }: { job: Job }) {
  const t = useText()
  const styles = useStyles()
  const ws = useWorkspace()
  const [, name = '', version = ''] = /\/codes\/([^/]+)\/versions\/([^/]+)$/.exec(job.properties.codeId ?? '') ?? []
  const enabled = name !== ''
  const asset = useQuery({ ...assetVersion(ws, 'codes', name, version), enabled })
  const files = useQuery({ ...codeFiles(ws, name, version), enabled })
  if (!enabled) return <Empty title={t('job.code.none')}>{t('job.code.none.help')}</Empty>
  if (isStatus(asset.error, 404)) return <Banner intent="warning">{t('job.code.gone')}</Banner>
  if (asset.isError && !asset.data) return <Failure error={asset.error} retry={() => void asset.refetch()} />
  if (asset.isPending) return <Loading rows={6} />
  const { systemData, properties } = asset.data
  return (
    <>
      <Panel title={t('job.code.asset')} className={styles.asset}>
        <PropertyList
          items={[
            { label: t('jobs.name'), value: name },
            { label: t('job.code.version'), value: version },
            { label: t('job.code.created'), value: <Ago at={systemData?.createdAt} /> },
            { label: t('job.code.by'), value: systemData?.createdBy },
            { label: t('job.code.uri'), value: properties.codeUri },
          ]}
        />
      </Panel>
      {files.isError && <Failure error={files.error} retry={() => void files.refetch()} />}
      {files.data && (
        <FileBrowser
          label={t('job.code.tree')}
          files={files.data.items}
          more={files.data.more}
          addressOf={(path) => codeAddress(ws, name, version, path)}
          cli={command([`atelier job download ${quote(job.name)} --code`, ...workspaceFlags({ ws })])}
        />
      )}
    </>
  )
}
