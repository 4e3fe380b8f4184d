// Proposing what a form says; of a source, the key that is shown this once, and what to do with it.
import { Button, Textarea, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, Refused, take } from '@/api/client'
import type { components } from '@/api/schema'
import { Card } from '@/kit/card'
import { Go } from '@/kit/go'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { CONNECTIONS } from '@/words/connections'
import { Snippets } from './snippets'

type Wanted = components['schemas']['WantedConnection']

const WORDS = CONNECTIONS.propose

type Props = {
  wanted: Wanted
  /** There is something to propose, and nothing is wrong with it. */
  isOpen: boolean
  /** A key is made, though nothing else is changed. */
  hasKey?: boolean
}

export function Propose({ wanted, isOpen, hasKey = false }: Props) {
  const [said, setSaid] = useState('')
  const [why, setWhy] = useState('')
  const queries = useQueryClient()
  const propose = useMutation({
    mutationFn: () => {
      const body = { ...wanted, title: said.trim(), why: why.trim() }
      return take(api.POST('/api/connections/propose', { body }))
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ['changes'] }),
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    propose.mutate()
  }
  const number = propose.data?.shown.change?.number
  if (number !== undefined) {
    return (
      <Card title={WORDS.made(number)}>
        <div className="connections-form">
          <p>{WORDS.madeWhy}</p>
          <Button size="xs" component={Go} to={`/approvals/${number}`}>
            {WORDS.see}
          </Button>
          {propose.data?.key ? <Snippets writeKey={propose.data.key} /> : null}
        </div>
      </Card>
    )
  }
  return (
    <Card title={WORDS.title}>
      <form className="connections-form" onSubmit={submit}>
        <TextInput
          size="xs"
          label={WORDS.words}
          placeholder={WORDS.wordsExample}
          value={said}
          onChange={(event) => setSaid(event.currentTarget.value)}
          required
          withAsterisk={false}
        />
        <Textarea
          size="xs"
          label={WORDS.why}
          value={why}
          onChange={(event) => setWhy(event.currentTarget.value)}
        />
        {wanted.new_key && <Note title={WORDS.key}>{WORDS.keyWhy}</Note>}
        <Button
          type="submit"
          size="xs"
          loading={propose.isPending}
          disabled={!(isOpen || hasKey) || said.trim() === ''}
        >
          {WORDS.submit}
        </Button>
        {!isOpen && !hasKey && <p className="quiet small">{WORDS.closed}</p>}
        {propose.error instanceof Refused && <No error={propose.error} />}
      </form>
    </Card>
  )
}
