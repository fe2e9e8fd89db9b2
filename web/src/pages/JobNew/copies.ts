/** The job as a command line, a request, code and a file. */
import { apiVersion, workspacePath } from '~/api/http.ts'
import type { Copies } from '~/modules/specs/copies.ts'
import type { Place } from '~/modules/specs/document.ts'
import { literal } from '~/modules/specs/python.ts'
import { command, withInput, workspaceFlags } from '~/modules/specs/shell.ts'
import type { JobDocument } from './body.ts'

export function jobCopies(place: Place, yaml: string, document: JobDocument): Copies {
  const { ws } = place
  const path = `${workspacePath(ws)}/jobs/${document.name}`
  const curl = [
    `curl -sS --fail-with-body -X PUT "${place.origin}${path}?api-version=${apiVersion}" \\`,
    '  -H "Authorization: Bearer $ATELIER_TOKEN" -H "Content-Type: application/json" \\',
    '  --data-binary @-',
  ].join('\n')
  const where = [ws.subscription, ws.resourceGroup, ws.name].map((s) => literal(s)).join(', ')
  return {
    cli: withInput(command(['atelier', 'job', 'submit', '-f', '-', ...workspaceFlags(place)]), yaml, false),
    rest: withInput(curl, JSON.stringify(document.body, null, 2), false),
    sdk: [
      '# First, in a shell: eval "$(atelier env)"',
      ...(document.body.properties.environmentId ? [] : ["# Azure's SDK wants an environment; add one to the job."]),
      'from io import StringIO',
      '',
      'from azure.ai.ml import MLClient, load_job',
      'from azure.identity import EnvironmentCredential',
      '',
      `ml = MLClient(EnvironmentCredential(disable_instance_discovery=True), ${where})`,
      `job = load_job(StringIO(${pythonText(yaml)}))`,
      'ml.jobs.create_or_update(job)',
      '',
    ].join('\n'),
    yaml,
    variables: [],
  }
}

/** A text of several lines as Python has it. */
const pythonText = (text: string): string => `"""\\\n${text.replaceAll('\\', '\\\\').replaceAll('"""', '\\"\\"\\"')}"""`
