import { Body1, Field, Input, makeStyles, Select, tokens } from '@fluentui/react-components'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { Form } from '~/components/Form.tsx'
import { PageHeader } from '~/components/PageHeader.tsx'
import { useText } from '~/i18n/text.tsx'
import { EventList } from '~/modules/EventList.tsx'

const useStyles = makeStyles({
  bar: { display: 'flex', flexWrap: 'wrap', gap: tokens.spacingHorizontalL, marginBottom: tokens.spacingVerticalL },
})

/** Every change in the workspace. */
export function Activity() {
  const t = useText()
  const styles = useStyles()
  const search = useSearch({ from: '/w/$ws/activity' })
  const navigate = useNavigate()
  const ask = (change: Partial<typeof search>) => void navigate({ to: '.', search: { ...search, ...change } as never })
  return (
    <>
      <PageHeader title={t('activity.title')} lead={<Body1>{t('activity.lead')}</Body1>} />
      <div className={styles.bar}>
        <Typed
          label={t('activity.target')}
          placeholder={t('activity.target.hint')}
          value={search.target}
          onDone={(target) => ask({ target })}
        />
        <Typed label={t('activity.actor')} value={search.actor} onDone={(actor) => ask({ actor })} />
        <Field label={t('activity.verb')}>
          <Select value={search.verb ?? ''} onChange={(_, d) => ask({ verb: d.value || undefined })}>
            <option value="">{t('activity.verb.any')}</option>
            {(['created', 'updated', 'deleted'] as const).map((v) => (
              <option key={v} value={v}>
                {t(`activity.verb.${v}`)}
              </option>
            ))}
          </Select>
        </Field>
      </div>
      <EventList
        target={search.target}
        actor={search.actor}
        verb={search.verb}
        clear={
          search.target || search.actor || search.verb
            ? () => ask({ target: undefined, actor: undefined, verb: undefined, q: undefined })
            : undefined
        }
      />
    </>
  )
}

/** A field that the server is asked by, so only when it is done with. */
function Typed({
  label,
  placeholder,
  value = '',
  onDone,
}: {
  label: string
  placeholder?: string
  value: string | undefined
  onDone: (v: string | undefined) => void
}) {
  const [text, setText] = useState(value)
  useEffect(() => setText(value), [value])
  const done = () => text !== value && onDone(text.trim() || undefined)
  return (
    <Form onSubmit={done}>
      <Field label={label}>
        <Input value={text} placeholder={placeholder} onChange={(_, d) => setText(d.value)} onBlur={done} />
      </Field>
    </Form>
  )
}
