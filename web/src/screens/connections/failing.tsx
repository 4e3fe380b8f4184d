// What a destination does when it fails, and whose data it may have.
import { Card } from '@/kit/card'
import { ChoiceField, NumberField, TextField } from '@/kit/form/inputs'
import type { Json } from '@/kit/form/json'
import { CONNECTIONS } from '@/words/connections'
import { title } from '@/words/format'
import { innerOf, namesIn, textOf, withInner } from './draft'
import { Field } from './field'
import type { MoreProps } from './more'
import { useDestinations } from './queries'

const WORDS = CONNECTIONS.edit

/** How often it is tried again, how long, and who takes its messages meanwhile. */
export function Failing(props: MoreProps) {
  const { fields, mistakes, onChange, operations } = props
  const retry = innerOf(fields, 'retry')
  const set = (name: string, value: Json | undefined) =>
    onChange('retry', withInner(fields, 'retry', name, value).retry)
  return (
    <Card title={WORDS.failing}>
      <div className="connections-form">
        {WORDS.pauses.map(([name, label, usual]) => (
          <Field
            key={name}
            label={label}
            wrong={mistakes.get(`retry/${name}`)}
            hint={WORDS.usually(usual)}
          >
            <TextField
              label={label}
              placeholder={usual}
              value={textOf(retry[name])}
              onChange={(text) => set(name, text === '' ? undefined : text)}
            />
          </Field>
        ))}
        <Field
          label={WORDS.factor}
          hint={WORDS.factorHint}
          wrong={mistakes.get('retry/factor') ?? mistakes.get('retry')}
        >
          <NumberField
            label={WORDS.factor}
            least={1}
            value={typeof retry.factor === 'number' ? retry.factor : null}
            onChange={(factor) => set('factor', factor ?? undefined)}
          />
        </Field>
        <Field label={WORDS.doubt} hint={WORDS.doubtHint} wrong={mistakes.get('on_doubt')}>
          <ChoiceField
            label={WORDS.doubt}
            value={textOf(fields.on_doubt)}
            options={WORDS.doubts}
            onChange={(word) => onChange('on_doubt', word === '' ? undefined : word)}
          />
        </Field>
        {operations.includes('send') && <TakesOver {...props} />}
        <Alerts {...props} />
      </div>
    </Card>
  )
}

function TakesOver({ fields, mistakes, onChange, category, name }: MoreProps) {
  const destinations = useDestinations().data ?? []
  const after = innerOf(fields, 'when_down')
  const use = textOf(after.use)
  const others = destinations.filter(
    (each) => each.name !== name && (each.category === category || each.name === use),
  )
  const set = (part: string, value: Json | undefined) =>
    onChange('when_down', withInner(fields, 'when_down', part, value).when_down)
  return (
    <>
      <Field
        label={WORDS.takesOver}
        hint={others.length === 0 ? WORDS.takesOverNone : WORDS.takesOverHint}
        wrong={mistakes.get('when_down/use') ?? mistakes.get('when_down')}
      >
        <ChoiceField
          label={WORDS.takesOver}
          value={use}
          options={[
            ['', WORDS.waits],
            ...others.map((each) => [each.name, each.title || title(each.name)] as const),
          ]}
          onChange={(other) =>
            other === '' ? onChange('when_down', undefined) : set('use', other)
          }
        />
      </Field>
      {use !== '' && (
        <Field label={WORDS.after} hint={WORDS.afterHint} wrong={mistakes.get('when_down/after')}>
          <TextField
            label={WORDS.after}
            placeholder="20s"
            value={textOf(after.after)}
            onChange={(text) => set('after', text === '' ? undefined : text)}
          />
        </Field>
      )}
    </>
  )
}

/** After how long it is told that it is down, or that deliveries wait. */
function Alerts({ fields, mistakes, onChange }: MoreProps) {
  const alert = innerOf(fields, 'alert')
  return WORDS.alerts.map(([name, label, usual]) => (
    <Field
      key={name}
      label={label}
      wrong={mistakes.get(`alert/${name}`) ?? mistakes.get('alert')}
      hint={WORDS.alertHint(usual)}
    >
      <TextField
        label={label}
        placeholder={usual}
        value={textOf(alert[name])}
        onChange={(text) => {
          const value = text === '' ? undefined : text
          onChange('alert', withInner(fields, 'alert', name, value).alert)
        }}
      />
    </Field>
  ))
}

/** Whose data it may have, and how delicate. */
export function Reach({ fields, mistakes, onChange }: MoreProps) {
  return (
    <Card title={WORDS.reach}>
      <div className="connections-form">
        <Field label={WORDS.regions} hint={WORDS.regionsHint} wrong={mistakes.get('regions')}>
          <TextField
            isLong
            label={WORDS.regions}
            value={textOf(fields.regions)}
            onChange={(text) => {
              const regions = namesIn(text)
              onChange('regions', regions.length === 0 ? undefined : regions)
            }}
          />
        </Field>
        <Field label={WORDS.accepts} hint={WORDS.acceptsHint} wrong={mistakes.get('accepts')}>
          <ChoiceField
            label={WORDS.accepts}
            value={textOf(fields.accepts)}
            options={WORDS.classes}
            onChange={(word) => onChange('accepts', word === '' ? undefined : word)}
          />
        </Field>
      </div>
    </Card>
  )
}
