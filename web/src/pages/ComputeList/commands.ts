import type { ComputeTab } from '~/modules/computeKinds.ts'

/** The command line that makes the first compute of a tab. */
export const createCommand: Record<ComputeTab, string> = {
  instances: 'atelier compute create instance ci-one',
  clusters: 'atelier compute create cluster cpu --min 0 --max 4',
  inference: 'atelier compute create inference -f inference.yml',
  attached: 'atelier compute attach vm gpu-box --address 10.0.9.12 --username ubuntu --ssh-key ~/.ssh/id_ed25519',
  kubernetes: 'atelier compute attach -f kubernetes.yml',
}

/** The command line that lists what the page lists. */
export const listCommand = 'atelier compute list -o wide'
