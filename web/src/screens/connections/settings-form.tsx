// A form made of what a connector asks for. A secret is named here, and its value goes to the vault.
import { Button, PasswordInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useId, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { useGrave } from '@/screens/access/proof'
import { Chip } from '@/kit/chip'
import { ChoiceField, JsonField, NumberField, TextField } from '@/kit/form/inputs'
import type { Json } from '@/kit/form/json'
import { No } from '@/kit/no'
import { CONNECTIONS } from '@/words/connections'
import { title } from '@/words/format'
import { secretNameOf } from './draft'

export type Setting = components['schemas']['ShownSetting']
export type Values = Readonly<Record<string, Json>>
/** What is wrong, by the field's path: `settings/api_key`. */
export type Mistakes = ReadonlyMap<string, readonly string[]>

const WORDS = CONNECTIONS.edit

type Props = {
  settings: readonly Setting[]
  values: Values
  /** Names of secrets begin so: `SLACK_TEAM`. */
  prefix: string
  mistakes: Mistakes
  onChange: (name: string, value: Json | undefined) => void
}

export function SettingsForm({ settings, values, prefix, mistakes, onChange }: Props) {
  const [isWhole, setWhole] = useState(false)
  const first = settings.filter((each) => each.is_required || each.name in values)
  const others = settings.filter((each) => !first.includes(each))
  const shown = isWhole ? [...first, ...others] : first
  return (
    <div className="connections-form">
      {shown.map((setting) => (
        <OneSetting
          key={setting.name}
          setting={setting}
          value={values[setting.name]}
          prefix={prefix}
          wrong={mistakes.get(`settings/${setting.name}`) ?? []}
          onChange={(value) => onChange(setting.name, value)}
        />
      ))}
      {settings.length === 0 && <p className="quiet">{WORDS.noSettings}</p>}
      {others.length > 0 && (
        <button type="button" className="link small" onClick={() => setWhole(!isWhole)}>
          {isWhole ? WORDS.fewer : WORDS.more(others.length)}
        </button>
      )}
    </div>
  )
}

type OneProps = {
  setting: Setting
  value: Json | undefined
  prefix: string
  wrong: readonly string[]
  onChange: (value: Json | undefined) => void
}

function OneSetting({ setting, value, prefix, wrong, onChange }: OneProps) {
  const id = useId()
  const label = setting.title || title(setting.name)
  return (
    <div className="connections-field" data-wrong={wrong.length > 0}>
      <label htmlFor={id}>
        {label} <span className="mono quiet">{setting.name}</span>
        {setting.is_required && <Chip tone="line">{CONNECTIONS.connector.needed}</Chip>}
      </label>
      {setting.is_secret ? (
        <Secret id={id} setting={setting} value={value} prefix={prefix} onChange={onChange} />
      ) : (
        <Plain id={id} label={label} setting={setting} value={value} onChange={onChange} />
      )}
      {wrong.map((each) => (
        <span className="connections-wrong" key={each} role="alert">
          {each}
        </span>
      ))}
    </div>
  )
}

type PlainProps = {
  id: string
  label: string
  setting: Setting
  value: Json | undefined
  onChange: (value: Json | undefined) => void
}

function Plain({ id, label, setting, value, onChange }: PlainProps) {
  const fallback = setting.default as Json | undefined
  if (setting.choices.length > 0 || setting.type === 'boolean') {
    const choices = setting.type === 'boolean' ? [true, false] : setting.choices
    const options = choices.map((each) => [String(each), choiceWord(each)] as const)
    const usual = fallback == null ? WORDS.notSet : WORDS.usually(choiceWord(fallback))
    return (
      <ChoiceField
        id={id}
        label={label}
        value={value === undefined ? '' : String(value)}
        options={[['', usual], ...options]}
        onChange={(text) => {
          const found = choices.find((each) => String(each) === text)
          onChange(found as Json | undefined)
        }}
      />
    )
  }
  if (setting.type === 'number' || setting.type === 'integer') {
    return (
      <NumberField
        id={id}
        label={label}
        isWhole={setting.type === 'integer'}
        value={typeof value === 'number' ? value : null}
        onChange={(number) => onChange(number ?? undefined)}
      />
    )
  }
  if (setting.type === 'string') {
    const hint = typeof fallback === 'string' && fallback !== '' ? fallback : undefined
    return (
      <TextField
        id={id}
        label={label}
        isLong
        placeholder={hint}
        value={typeof value === 'string' ? value : ''}
        onChange={(text) => onChange(text === '' ? undefined : text)}
      />
    )
  }
  const empty: Json = setting.type === 'array' ? [] : {}
  return <JsonField id={id} label={label} value={value ?? fallback ?? empty} onChange={onChange} />
}

function choiceWord(value: unknown): string {
  if (value === true) return WORDS.yes
  return value === false ? WORDS.no : String(value)
}

type SecretProps = Omit<PlainProps, 'label'> & { prefix: string }

/** The name stands in the definition; the value is sent once, to the vault, and forgotten here. */
function Secret({ id, setting, value, prefix, onChange }: SecretProps) {
  const name = secretNameOf(value) ?? ''
  const usual = `${prefix}_${setting.name}`.toUpperCase()
  const [isOpen, setOpen] = useState(false)
  const may = useMay('administer')
  return (
    <div className="connections-secret">
      <TextField
        id={id}
        label={WORDS.secretName(setting.name)}
        placeholder={usual}
        value={name}
        onChange={(text) => onChange(text === '' ? undefined : { secret: text })}
      />
      {name === '' && (
        <button type="button" className="link small" onClick={() => onChange({ secret: usual })}>
          {WORDS.secretUsual(usual)}
        </button>
      )}
      {name !== '' && (
        <button
          type="button"
          className="link small"
          disabled={!may}
          title={may ? undefined : WORDS.secretAdmin}
          onClick={() => setOpen(!isOpen)}
        >
          {WORDS.secretSet}
        </button>
      )}
      {isOpen && name !== '' && <Keep name={name} onDone={() => setOpen(false)} />}
    </div>
  )
}

/** Also where a destination that runs misses one. */
export function Keep({ name, onDone }: { name: string; onDone: () => void }) {
  const grave = useGrave()
  const queries = useQueryClient()
  const keep = useMutation({
    mutationFn: (value: string) =>
      grave(() => {
        const params = { path: { name } }
        return take(api.PUT('/api/secrets/{name}', { params, body: { value } }))
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['destinations'] })
      onDone()
    },
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const form = event.currentTarget
    keep.mutate(String(new FormData(form).get('value')))
    form.reset()
  }
  return (
    <form className="connections-keep" onSubmit={submit}>
      <PasswordInput
        name="value"
        size="xs"
        label={WORDS.secretValue(name)}
        autoComplete="off"
        required
        withAsterisk={false}
      />
      <span className="quiet small">{WORDS.secretWhere}</span>
      <Button type="submit" size="xs" loading={keep.isPending}>
        {WORDS.secretKeep}
      </Button>
      <No error={keep.error} />
    </form>
  )
}
