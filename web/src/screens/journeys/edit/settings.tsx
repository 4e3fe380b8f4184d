// The settings of the chosen step, or of the journey: a form drawn of the server's schema. Each
// field that is changed is one command; what is typed in one field is undone at once. What was changed
// stands there before it is answered: what is changed next may be a part of the same.
import { withChanges } from '@/kit/form/ahead'
import { namesOf } from '@/kit/form/context'
import { SchemaForm } from '@/kit/form/form'
import { at, joined, type Json, type JsonObject } from '@/kit/form/json'
import { RuleEditor } from '@/kit/rule/editor'
import { useBoard } from '../context'
import type { Step } from '../graph'
import { type Editing, useDeskState } from './editing'

/** Names that may stand in a journey's head, by path. */
const HEAD = {
  words: {
    purpose: 'purposes',
    'enter/on': 'events',
    'enter/segment': 'segments',
    'leave/on': 'events',
    'leave/*/on': 'events',
  },
}
const NOT_HERE = ['journey', 'steps']

export function StepSettings({ step, editing }: { step: Step; editing: Editing }) {
  const { known, drawing } = useBoard()
  const kind = known.kinds.find((each) => each.kind === step.kind)
  if (kind === undefined) return null
  const labels = Object.keys(drawing.labels).map((name) => ({ name, title: '' }))
  return (
    <Settings
      schema={kind.schema as JsonObject}
      value={step.fields as JsonObject}
      under={step.path}
      names={namesOf(kind, { ...known.words, labels })}
      editing={editing}
    />
  )
}

export function HeadSettings({ editing }: { editing: Editing }) {
  const { known, drawing } = useBoard()
  return (
    <Settings
      schema={known.head as JsonObject}
      value={drawing.head.fields as JsonObject}
      under=""
      names={namesOf(HEAD, known.words)}
      skip={(path) => NOT_HERE.includes(path)}
      editing={editing}
    />
  )
}

type Props = {
  schema: JsonObject
  value: JsonObject
  /** Path of what the fields stand in; empty: the journey itself. */
  under: string
  names: ReturnType<typeof namesOf>
  skip?: (path: string) => boolean
  editing: Editing
}

function Settings({ schema, value, under, names, skip, editing }: Props) {
  const { known } = useBoard()
  const { ahead } = useDeskState(editing.desk)
  const fields = withChanges(
    value,
    ahead.filter((each) => each.under === under),
  )
  return (
    <div onBlur={() => editing.desk.pause()}>
      <SchemaForm
        schema={schema}
        definitions={known.definitions as JsonObject}
        value={fields}
        names={names}
        skip={skip}
        onChange={(field, to) => editing.set({ under, field, seen: fields, to })}
        rule={(path, rule, onRule) => (
          <Rule
            rule={rule}
            onRule={onRule}
            path={joined(under, path)}
            beside={at(fields, path.split('/').slice(0, -1).join('/'))}
            editing={editing}
          />
        )}
      />
    </div>
  )
}

type RuleProps = {
  rule: Json | undefined
  onRule: (rule: Json) => void
  path: string
  /** What the rule stands in: the event that it is asked of may be there. */
  beside: Json | undefined
  editing: Editing
}

function Rule({ rule, onRule, path, beside, editing }: RuleProps) {
  const { now } = useDeskState(editing.desk)
  return (
    <RuleEditor
      rule={rule}
      onChange={onRule}
      event={textAt(now.drawing.head.fields as JsonObject, 'enter/on')}
      on={textAt(beside, 'on')}
      answer={/(^|\/)answers\/\d+\/when$/.test(path)}
      path={path}
      files={now.files}
    />
  )
}

function textAt(value: Json | undefined, path: string): string {
  const found = at(value, path)
  return typeof found === 'string' ? found : ''
}
