import {
  ArrowSyncRegular,
  DeleteRegular,
  PlayRegular,
  PlugDisconnectedRegular,
  StopRegular,
} from '@fluentui/react-icons'
import type { JSX } from 'react'
import type { Verb } from '~/modules/computeActions.tsx'

export const iconOf: Record<Verb, JSX.Element> = {
  start: <PlayRegular />,
  stop: <StopRegular />,
  restart: <ArrowSyncRegular />,
  delete: <DeleteRegular />,
  detach: <PlugDisconnectedRegular />,
}
