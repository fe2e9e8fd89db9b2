import { Button, makeStyles, tokens } from '@fluentui/react-components'
import { ArrowDownloadRegular } from '@fluentui/react-icons'
import { useQuery } from '@tanstack/react-query'
import { keys } from '~/api/keys.ts'
import type { OutputFile } from '~/api/types.ts'
import { Loading } from '~/components/Notice.tsx'
import { Panel } from '~/components/Panel.tsx'
import { useFormat, useText } from '~/i18n/text.tsx'
import { Failure } from '~/modules/Failure.tsx'
import { isText, pictureType } from './tree.ts'

/** So much of a text is shown, and pictures up to so much. */
const mostText = 256 * 1024
const mostPicture = 8 * 1024 * 1024

const useStyles = makeStyles({
  text: {
    margin: 0,
    maxHeight: '60vh',
    overflow: 'auto',
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    whiteSpace: 'pre',
  },
  picture: { maxWidth: '100%', maxHeight: '60vh', display: 'block' },
  muted: { color: tokens.colorNeutralForeground2 },
})

/** A picture goes into the page as data: and not as an address of its own, as nothing that a job wrote may run here. */
function dataUrl(bytes: Uint8Array, type: string): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader()
    reader.onload = () => done(reader.result as string)
    reader.onerror = () => failed(reader.error)
    reader.readAsDataURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type }))
  })
}

type Shown = { text?: string; picture?: string }

/** What is in a file, if it is text or a picture and not too large. */
export function FilePreview({ file, address: at }: { file: OutputFile; address: string }) {
  const t = useText()
  const format = useFormat()
  const styles = useStyles()
  const name = file.path.split('/').at(-1) ?? file.path
  const type = pictureType(file.path)
  const large = type !== undefined && file.size > mostPicture
  const query = useQuery({
    queryKey: keys.file(at, file.size),
    enabled: !large,
    queryFn: async ({ signal }): Promise<Shown> => {
      const headers: Record<string, string> = type ? {} : { Range: `bytes=0-${mostText - 1}` }
      const response = file.size === 0 ? new Response('') : await fetch(at, { signal, headers })
      if (!response.ok) throw new Error(`${response.status} ${response.statusText}`)
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (type) return { picture: await dataUrl(bytes, type) }
      return isText(bytes) ? { text: new TextDecoder().decode(bytes) } : {}
    },
    staleTime: Number.POSITIVE_INFINITY,
  })
  return (
    <Panel
      title={name}
      actions={
        <Button as="a" size="small" icon={<ArrowDownloadRegular />} href={at} download={name}>
          {t('action.download')}
        </Button>
      }
    >
      {large && <p className={styles.muted}>{t('job.outputs.large', { size: format.bytes(file.size) })}</p>}
      {query.isFetching && <Loading rows={4} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data?.picture && (
        <img className={styles.picture} src={query.data.picture} alt={t('job.outputs.picture', { name })} />
      )}
      {query.data?.text !== undefined && (
        <>
          <pre
            className={styles.text}
            tabIndex={0}
            role="region"
            aria-label={t('job.outputs.preview', { name })}
            lang=""
          >
            {query.data.text}
          </pre>
          {file.size > mostText && (
            <p className={styles.muted}>{t('job.outputs.cut', { size: format.bytes(mostText) })}</p>
          )}
        </>
      )}
      {query.data && !query.data.picture && query.data.text === undefined && (
        <p className={styles.muted}>{t('job.outputs.binary')}</p>
      )}
    </Panel>
  )
}
