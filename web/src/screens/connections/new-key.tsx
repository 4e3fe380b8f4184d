// Another write key for a source: made by the server, shown once, and the old one taken out.
import { useState } from 'react'
import type { components } from '@/api/schema'
import { useMay } from '@/app/session'
import { isObject, type Json } from '@/kit/form/json'
import { CONNECTIONS } from '@/words/connections'
import { Propose } from './propose'

type Source = components['schemas']['ShownSource']

const WORDS = CONNECTIONS.keys
const AS_IT_IS = { kind: 'source', is_new: false, is_removed: false, new_key: true } as const

export function NewKey({ of }: { of: Source }) {
  const may = useMay('propose')
  const [without, setWithout] = useState<string | null>(null)
  const definition = of.definition as Json | undefined
  const fields = isObject(definition) ? definition : {}
  const choices: [string, string][] = [
    ['', WORDS.add],
    ...of.keys.map((key): [string, string] => [key, WORDS.another(key)]),
  ]
  return (
    <div className="connections-form">
      <div className="row wrap">
        {choices.map(([key, label]) => (
          <button
            key={key}
            type="button"
            className="link small"
            disabled={!may}
            title={may ? undefined : CONNECTIONS.edit.mayNot}
            aria-expanded={without === key}
            onClick={() => setWithout(without === key ? null : key)}
          >
            {label}
          </button>
        ))}
      </div>
      {without !== null && (
        <Propose
          key={without}
          wanted={{ ...AS_IT_IS, name: of.seen.source, fields, without_key: without }}
          isOpen={false}
          hasKey
        />
      )}
    </div>
  )
}
