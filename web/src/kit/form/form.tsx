// A form for a JSON Schema, as the server has it for a kind of step.
//
//   <SchemaForm
//     schema={kind.schema}             of GET /api/drawing/kinds
//     definitions={kinds.definitions}  what its `$ref`s lead to
//     value={step.fields}              the step as it stands in YAML
//     onChange={(path, value) => ...}  one field: a command `set_field`, or `remove_field` where
//                                      value is undefined; the path begins at the step.
//                                      Left out: it is shown, not changed.
//     names={(path) => Option[]}       names of the running plan that may stand at a path;
//                                      `namesOf(kind, kinds.words)` makes it of a kind's `words`
//     rule={(path, value, onChange) => <RuleEditor .../>}   draws conditions
//     skip={(path) => ...}             what is not drawn here, besides lists of steps
//   />
//
// Values that the form does not draw are text that is checked. What is not set is offered below.
import { IconPlus, IconTrash } from '@tabler/icons-react'
import { type ReactNode, useId } from 'react'
import { FORM } from '@/words/form'
import { title } from '@/words/format'
import { FormContext, type FormWords, useForm } from './context'
import { Control } from './control'
import { isList, isObject, joined, type Json, type JsonObject, keyPart } from './json'
import { Pick } from './pick'
import { drawnOf, firstOf, hintOf, partOf, requiredOf, type Schema } from './schema'
import './form.css'

type Props = Partial<FormWords> & {
  schema: Schema
  value: JsonObject
  skip?: (path: string) => boolean
}

const NO_NAMES = () => null
const NO_RULE = () => null
const NOTHING_SKIPPED = () => false

export function SchemaForm({ schema, value, skip = NOTHING_SKIPPED, ...given }: Props) {
  const words: FormWords = {
    definitions: given.definitions ?? {},
    onChange: given.onChange,
    names: given.names ?? NO_NAMES,
    rule: given.rule ?? NO_RULE,
  }
  return (
    <FormContext value={words}>
      <div className="form">
        <Fields schema={schema} value={value} path="" skip={skip} />
      </div>
    </FormContext>
  )
}

type FieldsProps = {
  schema: Schema
  value: Json | undefined
  path: string
  skip?: (path: string) => boolean
}

/** What stands there and what must; the rest is offered. */
export function Fields({ schema, value, path, skip = NOTHING_SKIPPED }: FieldsProps) {
  const { definitions, onChange } = useForm()
  const fields = isObject(value) ? value : {}
  const required = requiredOf(schema)
  const keys = Object.keys(isObject(schema.properties) ? schema.properties : {}).filter((key) => {
    const drawn = drawnOf(partOf(schema, key), fields[key], definitions)
    return drawn.kind !== 'steps' && !skip(joined(path, keyPart(key)))
  })
  const shown = keys.filter((key) => key in fields || required.includes(key))
  const others = keys.filter((key) => !shown.includes(key))
  return (
    <>
      {shown.map((key) => (
        <Field
          key={key}
          name={key}
          schema={partOf(schema, key)}
          value={fields[key]}
          path={joined(path, keyPart(key))}
          isRequired={required.includes(key)}
        />
      ))}
      {onChange !== undefined && others.length > 0 && (
        <div className="form-add">
          <span className="quiet">{FORM.addField}</span>
          {others.map((key) => (
            <button
              key={key}
              type="button"
              className="link"
              title={hintOf(partOf(schema, key))}
              onClick={() =>
                onChange(joined(path, keyPart(key)), firstOf(partOf(schema, key), definitions))
              }
            >
              {title(key).toLowerCase()}
            </button>
          ))}
        </div>
      )}
    </>
  )
}

type FieldProps = {
  name: string
  schema: Schema
  value: Json | undefined
  path: string
  isRequired: boolean
}

function Field({ name, schema, value, path, isRequired }: FieldProps) {
  const { definitions, onChange } = useForm()
  const hint = useId()
  const label = title(name)
  const drawn = drawnOf(schema, value, definitions)
  const said = hintOf(schema)
  return (
    <div className="form-field" role="group" aria-label={label} aria-describedby={hint}>
      <span className="form-label">
        {label}
        {isRequired && value === undefined && <small>{FORM.required}</small>}
        <span className="grow" />
        {!isRequired && onChange !== undefined && (
          <Remove label={FORM.removeField(label)} onClick={() => onChange(path, undefined)} />
        )}
      </span>
      {drawn.kind === 'fields' ? (
        <div className="form-group">
          <Fields schema={drawn.schema} value={value} path={path} />
        </div>
      ) : drawn.kind === 'list' ? (
        <Items schema={drawn.items} value={value} path={path} label={label} />
      ) : drawn.kind === 'values' ? (
        <Values value={value} path={path} label={label} />
      ) : (
        <Control label={label} schema={schema} value={value} path={path} />
      )}
      {said !== '' && (
        <span id={hint} className="form-hint">
          {said}
        </span>
      )}
    </div>
  )
}

type ItemsProps = { schema: Schema; value: Json | undefined; path: string; label: string }

function Items({ schema, value, path, label }: ItemsProps) {
  const { definitions, onChange } = useForm()
  const items = isList(value) ? value : []
  return (
    <div className="form-items">
      {items.map((item, number) => {
        const here = joined(path, String(number))
        const name = `${label} ${number + 1}`
        const drawn = drawnOf(schema, item, definitions)
        const isShort = drawn.kind !== 'fields'
        const remove = onChange !== undefined && items.length > 1 && (
          <Remove label={FORM.removeItem(number + 1)} onClick={() => onChange(here, undefined)} />
        )
        return (
          <div
            key={number}
            className="form-item"
            data-short={isShort}
            role="group"
            aria-label={name}
          >
            {isShort ? (
              <>
                <Control label={name} schema={schema} value={item} path={here} />
                {remove}
              </>
            ) : (
              <>
                <span className="form-label">
                  <small>{number + 1}</small>
                  <span className="grow" />
                  {remove}
                </span>
                <Fields schema={drawn.schema} value={item} path={here} />
              </>
            )}
          </div>
        )
      })}
      {onChange !== undefined && (
        <button
          type="button"
          className="link small"
          onClick={() => onChange(path, [...items, firstOf(schema, definitions)])}
        >
          <IconPlus size={12} aria-hidden="true" /> {FORM.addItem}
        </button>
      )}
    </div>
  )
}

/** A mapping of names that the schema does not know: traits to set, fields to send. */
function Values({ value, path, label }: Omit<ItemsProps, 'schema'>) {
  const { onChange, names } = useForm()
  const fields = isObject(value) ? value : {}
  const options = names(path) ?? []
  return (
    <div className="form-group">
      {Object.entries(fields).map(([key, each]) => (
        <div className="form-field" key={key} role="group" aria-label={key}>
          <span className="form-label">
            {title(key)}
            <span className="grow" />
            {onChange !== undefined && (
              <Remove
                label={FORM.removeField(key)}
                onClick={() => onChange(joined(path, keyPart(key)), undefined)}
              />
            )}
          </span>
          <Control
            label={key}
            schema={options.find((option) => option.value === key)?.schema ?? {}}
            value={each}
            path={joined(path, keyPart(key))}
          />
        </div>
      ))}
      {onChange !== undefined && (
        <Pick
          label={`${label}: ${FORM.keyLabel}`}
          options={options.filter((option) => !(option.value in fields))}
          isFree={options.length === 0}
          placeholder={FORM.addKey}
          onPick={(key) => onChange(joined(path, keyPart(key)), '')}
        />
      )}
    </div>
  )
}

function Remove({ label, onClick }: { label: string; onClick: () => void }): ReactNode {
  return (
    <button type="button" className="form-remove" aria-label={label} onClick={onClick}>
      <IconTrash size={13} />
    </button>
  )
}
