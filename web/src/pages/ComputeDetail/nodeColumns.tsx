import {
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  Tooltip,
  tokens,
} from '@fluentui/react-components'
import { MoreHorizontalRegular, WarningRegular } from '@fluentui/react-icons'
import type { NodeInfo } from '~/api/types.ts'
import { CopyButton } from '~/components/CopyButton.tsx'
import type { Column } from '~/components/DataTable.tsx'
import { TextLink } from '~/components/TextLink.tsx'
import type { MessageId } from '~/i18n/catalogue.ts'
import { type Text, useFormat, useText } from '~/i18n/text.tsx'
import { Ago } from '~/modules/Ago.tsx'
import { StateBadge } from '~/modules/StateBadge.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import type { NodeActions, NodeVerb } from './nodeActions.tsx'

const useStyles = makeStyles({
  id: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  connection: { display: 'inline-flex', alignItems: 'center', maxWidth: '320px' },
  code: { fontFamily: tokens.fontFamilyMonospace, fontSize: tokens.fontSizeBase200, overflowWrap: 'anywhere' },
  reason: { color: tokens.colorNeutralForeground2, fontSize: tokens.fontSizeBase200 },
  problem: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalXS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
})

/** What Atelier adds to Azure's word for how a node is. */
export function nodeDetail(t: Text, n: NodeInfo): string | undefined {
  const more = ['Wanted', 'Booting', 'Lost', 'Draining', 'Gone'].includes(n.state)
  return more ? `(${t(`event.at.${n.state}` as MessageId)})` : undefined
}

export function useNodeColumns(actions: NodeActions): Column<NodeInfo>[] {
  const t = useText()
  const styles = useStyles()
  const format = useFormat()
  const ws = useWorkspace()
  return [
    {
      id: 'node',
      header: t('details.node'),
      main: true,
      sort: (n) => n.nodeId,
      cell: (n) => <span className={styles.id}>{n.nodeId}</span>,
    },
    {
      id: 'state',
      header: t('details.state'),
      card: true,
      sort: (n) => n.nodeState,
      cell: (n) => <StateBadge kind="node" state={n.nodeState} detail={nodeDetail(t, n)} />,
    },
    {
      id: 'address',
      header: t('details.address'),
      sort: (n) => n.privateIpAddress ?? '',
      cell: (n) => (n.privateIpAddress ? n.privateIpAddress + (n.port ? `:${n.port}` : '') : '–'),
    },
    {
      id: 'job',
      header: t('details.job'),
      card: true,
      sort: (n) => n.runId ?? '',
      cell: (n) =>
        n.runId ? (
          <TextLink to="/w/$ws/jobs/$name/$view" params={{ ws: ws.name, name: n.runId, view: 'overview' }}>
            {n.runId}
          </TextLink>
        ) : (
          '–'
        ),
    },
    {
      id: 'since',
      header: t('details.since'),
      sort: (n) => n.since ?? '',
      cell: (n) => <Ago at={n.since} />,
    },
    {
      id: 'resources',
      header: t('details.resources'),
      cell: (n) => resources(t, format.number, n),
    },
    { id: 'connection', header: t('details.connection'), card: true, cell: (n) => <Connection node={n} /> },
    {
      id: 'menu',
      header: t('action.more'),
      card: true,
      align: 'end',
      cell: (n) => <NodeMenu node={n} actions={actions} />,
    },
  ]
}

function resources(t: Text, number: (n: number) => string, { host }: NodeInfo): string {
  if (!host) return '–'
  const parts = [t('details.vcpus', { n: host.vcpus ?? 0 })]
  if (host.memoryGiB) parts.push(`${number(Math.round(host.memoryGiB * 10) / 10)} GiB`)
  if (host.gpus) parts.push(t('details.gpus', { n: host.gpus }))
  return parts.join(' · ')
}

/** How to reach a node by SSH, or why that is not possible. */
export function Connection({ node: n }: { node: NodeInfo }) {
  const t = useText()
  const styles = useStyles()
  if (n.connection) {
    return (
      <span className={styles.connection}>
        <code className={styles.code}>{n.connection}</code>
        <CopyButton text={n.connection} label={t('details.connection.copy', { name: n.nodeId })} />
      </span>
    )
  }
  return <span className={styles.reason}>{connectionReason(t, n.connectionReason)}</span>
}

const noSsh = 'Nodes accept no SSH connections in this version of Atelier.'

/** The server's reason in the reader's language, where it is one that the studio knows. */
export const connectionReason = (t: Text, reason: string | null | undefined): string =>
  !reason || reason === noSsh ? t('details.connection.none') : reason

function NodeMenu({ node, actions }: { node: NodeInfo; actions: NodeActions }) {
  const t = useText()
  const item = (verb: NodeVerb) => {
    const denied = actions.denied(verb, node)
    if (!denied) return <MenuItem onClick={() => actions.ask(verb, node)}>{t(`details.node.${verb}`)}</MenuItem>
    return (
      <Tooltip content={denied} relationship="description">
        <MenuItem disabled>{t(`details.node.${verb}`)}</MenuItem>
      </Tooltip>
    )
  }
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <MenuButton
          appearance="subtle"
          size="small"
          icon={<MoreHorizontalRegular />}
          menuIcon={null}
          aria-label={t('action.moreFor', { name: node.nodeId })}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          {item('drain')}
          {item('preempt')}
        </MenuList>
      </MenuPopover>
    </Menu>
  )
}

/** What is wrong with a node, below its row. */
export function NodeProblem({ node: { problem } }: { node: NodeInfo }) {
  const styles = useStyles()
  return (
    <span className={styles.problem} data-problem={problem?.code}>
      <WarningRegular aria-hidden="true" />
      <span lang="en">
        {problem?.message} ({problem?.code})
      </span>
    </span>
  )
}
