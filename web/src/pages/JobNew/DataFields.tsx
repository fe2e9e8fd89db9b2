import { useQuery } from '@tanstack/react-query'
import { type Control, useFieldArray } from 'react-hook-form'
import { assets } from '~/api/queries/asset.ts'
import { useText } from '~/i18n/text.tsx'
import { useWorkspace } from '~/modules/workspace.tsx'
import { Cell, Rows } from './Rows.tsx'
import { inputModes, type JobValues } from './tree.ts'

type Props = { control: Control<JobValues>; values: JobValues }

/** What the command reads: values, data of the workspace, and what an address names. */
export function InputFields({ control, values }: Props) {
  const t = useText()
  const ws = useWorkspace()
  const { fields, append, remove } = useFieldArray({ control, name: 'inputs' })
  const { data } = useQuery(assets(ws, 'data'))
  const modes: [string, string][] = [
    ['', t('jobnew.mode.usual')],
    ...Object.keys(inputModes).map((m) => [m, m] as [string, string]),
  ]
  return (
    <>
      <datalist id="job-data">
        {data?.map((d) => (
          <option key={d.name} value={`azureml:${d.name}:${d.properties.latestVersion ?? '1'}`} />
        ))}
      </datalist>
      <Rows
        legend={t('jobnew.inputs')}
        add={t('jobnew.inputs.add')}
        columns="four"
        rows={fields}
        onAdd={() => append({ name: '', kind: 'literal', value: '', mode: '', rest: {} })}
        onRemove={remove}
        removeLabel={(n) => t('jobnew.input.remove', { n })}
      >
        {(i) => (
          <>
            <Cell control={control} name={`inputs.${i}.name`} label={t('jobnew.input.name', { n: i + 1 })} />
            <Cell
              control={control}
              name={`inputs.${i}.kind`}
              label={t('jobnew.input.kind', { n: i + 1 })}
              options={[
                ['literal', t('jobnew.input.literal')],
                ['uri_file', t('jobnew.input.file')],
                ['uri_folder', t('jobnew.input.folder')],
              ]}
            />
            <Cell
              control={control}
              name={`inputs.${i}.value`}
              label={t('jobnew.input.value', { n: i + 1 })}
              {...(values.inputs[i]?.kind === 'literal' ? {} : { suggestions: 'job-data' })}
            />
            {values.inputs[i]?.kind === 'literal' ? (
              <span />
            ) : (
              <Cell
                control={control}
                name={`inputs.${i}.mode`}
                label={t('jobnew.input.mode', { n: i + 1 })}
                options={modes}
              />
            )}
          </>
        )}
      </Rows>
    </>
  )
}

/** Where the command writes, beside ./outputs. */
export function OutputFields({ control }: { control: Control<JobValues> }) {
  const t = useText()
  const { fields, append, remove } = useFieldArray({ control, name: 'outputs' })
  return (
    <Rows
      legend={t('jobnew.outputs')}
      add={t('jobnew.outputs.add')}
      columns="four"
      rows={fields}
      onAdd={() => append({ name: '', kind: 'uri_folder', path: '', mode: '', rest: {} })}
      onRemove={remove}
      removeLabel={(n) => t('jobnew.output.remove', { n })}
    >
      {(i) => (
        <>
          <Cell control={control} name={`outputs.${i}.name`} label={t('jobnew.output.name', { n: i + 1 })} />
          <Cell
            control={control}
            name={`outputs.${i}.kind`}
            label={t('jobnew.output.kind', { n: i + 1 })}
            options={[
              ['uri_file', t('jobnew.input.file')],
              ['uri_folder', t('jobnew.input.folder')],
            ]}
          />
          <Cell control={control} name={`outputs.${i}.path`} label={t('jobnew.output.path', { n: i + 1 })} />
          <Cell
            control={control}
            name={`outputs.${i}.mode`}
            label={t('jobnew.output.mode', { n: i + 1 })}
            options={[
              ['', t('jobnew.mode.usual')],
              ['rw_mount', 'rw_mount'],
              ['upload', 'upload'],
              ['direct', 'direct'],
            ]}
          />
        </>
      )}
    </Rows>
  )
}

/** Names and values: environment variables, tags. */
export function PairFields(props: { control: Control<JobValues>; name: 'variables' | 'tags' }) {
  const t = useText()
  const { fields, append, remove } = useFieldArray({ control: props.control, name: props.name })
  const words =
    props.name === 'variables'
      ? ({
          legend: t('jobnew.variables'),
          add: t('jobnew.variables.add'),
          key: 'jobnew.variable.key',
          value: 'jobnew.variable.value',
          remove: 'jobnew.variable.remove',
        } as const)
      : ({
          legend: t('wizard.section.tags'),
          add: t('wizard.tag.add'),
          key: 'wizard.tag.name',
          value: 'wizard.tag.value',
          remove: 'wizard.tag.remove',
        } as const)
  return (
    <Rows
      legend={words.legend}
      add={words.add}
      columns="two"
      rows={fields}
      onAdd={() => append({ key: '', value: '' })}
      onRemove={remove}
      removeLabel={(n) => t(words.remove, { n })}
    >
      {(i) => (
        <>
          <Cell control={props.control} name={`${props.name}.${i}.key`} label={t(words.key, { n: i + 1 })} />
          <Cell control={props.control} name={`${props.name}.${i}.value`} label={t(words.value, { n: i + 1 })} />
        </>
      )}
    </Rows>
  )
}
