import { Button, makeStyles, Tooltip, Tree, TreeItem, TreeItemLayout, tokens } from '@fluentui/react-components'
import { ArrowDownloadRegular, DocumentRegular, FolderRegular } from '@fluentui/react-icons'
import { useNavigate, useSearch } from '@tanstack/react-router'
import type { OutputFile } from '~/api/types.ts'
import { CodeBlock } from '~/components/CodeBlock.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { FilePreview } from './FilePreview.tsx'
import { type Folder, treeOf } from './tree.ts'

const useStyles = makeStyles({
  root: {
    display: 'grid',
    gridTemplateColumns: 'minmax(280px, 2fr) minmax(0, 3fr)',
    gap: tokens.spacingHorizontalL,
    alignItems: 'start',
    '@media (max-width: 767px)': { gridTemplateColumns: 'minmax(0, 1fr)' },
  },
  size: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200, whiteSpace: 'nowrap' },
  chosen: { backgroundColor: tokens.colorNeutralBackground1Selected },
  foot: { marginTop: tokens.spacingVerticalL, maxWidth: '640px' },
  muted: { color: tokens.colorNeutralForeground2 },
})

type Props = {
  label: string
  files: OutputFile[]
  more: boolean
  addressOf: (path: string) => string
  /** What downloads all of them. */
  cli: string
}

/** Files in their folders, and beside them what is in the one that the address names. */
export function FileBrowser(props: Props) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const navigate = useNavigate()
  const { path } = useSearch({ from: '/w/$ws/jobs/$name/$view' })
  const { files, more } = props
  const root = treeOf(files, format.compare)
  const chosen = files.find((f) => f.path === path)
  const choose = (next: string) => void navigate({ to: '.', search: { path: next }, resetScroll: false })
  return (
    <>
      <p className={styles.muted}>
        {t('job.outputs.total', { n: files.length, size: format.bytes(root.size) })}{' '}
        {more && t('job.outputs.more', { n: files.length })}
      </p>
      <div className={styles.root}>
        <Tree aria-label={props.label} defaultOpenItems={openFirst(root)}>
          <Items folder={root} addressOf={props.addressOf} chosen={path} onChoose={choose} />
        </Tree>
        {chosen ? (
          <FilePreview key={chosen.path} file={chosen} address={props.addressOf(chosen.path)} />
        ) : (
          <p className={styles.muted}>{t('job.outputs.choose')}</p>
        )}
      </div>
      <div className={styles.foot}>
        <p>{t('job.outputs.all')}</p>
        <CodeBlock code={props.cli} label={t('job.outputs.all')} copyLabel={t('action.copyCli')} />
      </div>
    </>
  )
}

/** Folders are open where there are few. */
function openFirst(root: Folder): string[] {
  const open: string[] = []
  const walk = (f: Folder, depth: number) => {
    for (const sub of f.folders) {
      if (depth < 3 && f.folders.length < 10) open.push(`${sub.path}/`)
      walk(sub, depth + 1)
    }
  }
  walk(root, 0)
  return open
}

type ItemsProps = {
  folder: Folder
  addressOf: (path: string) => string
  chosen: string | undefined
  onChoose: (path: string) => void
}

function Items(props: ItemsProps) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const { folder, chosen, onChoose } = props
  return (
    <>
      {folder.folders.map((f) => (
        <TreeItem key={f.path} value={`${f.path}/`} itemType="branch">
          <TreeItemLayout
            iconBefore={<FolderRegular />}
            aside={<span className={styles.size}>{format.bytes(f.size)}</span>}
          >
            {f.name}
          </TreeItemLayout>
          <Tree>
            <Items {...props} folder={f} />
          </Tree>
        </TreeItem>
      ))}
      {folder.files.map((f) => (
        <TreeItem key={f.path} value={f.path} itemType="leaf" onClick={() => onChoose(f.path)}>
          <TreeItemLayout
            className={f.path === chosen ? styles.chosen : undefined}
            iconBefore={<DocumentRegular />}
            aside={<span className={styles.size}>{format.bytes(f.size)}</span>}
            actions={
              <Tooltip content={t('log.download.file', { name: f.name })} relationship="label">
                <Button
                  as="a"
                  size="small"
                  appearance="subtle"
                  icon={<ArrowDownloadRegular />}
                  href={props.addressOf(f.path)}
                  download={f.name}
                  onClick={(e) => e.stopPropagation()}
                />
              </Tooltip>
            }
          >
            {f.name}
          </TreeItemLayout>
        </TreeItem>
      ))}
    </>
  )
}
