import { useQuery } from '@tanstack/react-query'
import { createContext, useContext } from 'react'
import { type WorkspaceRef, workspacePath } from '~/api/http.ts'
import { access } from '~/api/queries/session.ts'
import { useText } from '~/i18n/text.tsx'

export const WorkspaceContext = createContext<WorkspaceRef | undefined>(undefined)

/** The workspace that the page is of. */
export function useWorkspace(): WorkspaceRef {
  const ws = useContext(WorkspaceContext)
  if (!ws) throw new Error('useWorkspace outside a workspace')
  return ws
}

const prefix = 'Microsoft.MachineLearningServices/workspaces/'

/**
 * Why the caller may not do an action in the workspace, or undefined if they may. Action is below
 * Microsoft.MachineLearningServices/workspaces, for example "computes/write".
 */
export const useDenied = (action: string): string | undefined => useFullDenied(prefix + action, action)

/** Why the caller may not set quotas, which is a permission of the location, or undefined if they may. */
export const useQuotaDenied = (): string | undefined =>
  useFullDenied('Microsoft.MachineLearningServices/locations/updateQuotas/action', 'updateQuotas')

function useFullDenied(full: string, shown: string): string | undefined {
  const ws = useWorkspace()
  const t = useText()
  const { data } = useQuery(access(ws))
  if (!data || data.actions.some((a) => a.toLowerCase() === full.toLowerCase())) return undefined
  return t('denied.reason', { action: shown })
}

/** The workspace's ARM path, for documents that name it. */
export const useWorkspacePath = (): string => workspacePath(useWorkspace())
