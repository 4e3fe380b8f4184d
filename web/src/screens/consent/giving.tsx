// Giving somebody everything that is kept of them, as one file, for a stated reason.
import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { api, take } from '@/api/client'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { CONSENT } from '@/words/consent'
import { save } from './save'

const WORDS = CONSENT.give

export function Giving({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={WORDS.title}
      closeButtonProps={{ 'aria-label': CONSENT.close }}
    >
      {isOpen && <Form onClose={onClose} />}
    </Modal>
  )
}

type Wish = { who: string; reason: string }

function Form({ onClose }: { onClose: () => void }) {
  const queries = useQueryClient()
  const giving = useMutation({
    mutationFn: ({ who, reason }: Wish) =>
      take(
        api.GET('/api/people/{who}/export', {
          params: { path: { who } },
          headers: { 'Legato-Reason': encodeURIComponent(reason) },
        }),
      ),
    onSuccess: (whole) => {
      save('customer.json', whole)
      return queries.invalidateQueries({ queryKey: ['audit'] })
    },
    // What is personal is not kept in memory once it is saved.
    gcTime: 0,
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const said = new FormData(event.currentTarget)
    const text = (name: string) => String(said.get(name)).trim()
    giving.mutate({ who: text('who'), reason: text('reason') })
  }
  return (
    <form className="consent-form" onSubmit={submit}>
      <p className="ink2 small">{WORDS.lead}</p>
      <No error={giving.error} />
      {giving.isSuccess && <Note tone="ok" title={WORDS.done} />}
      <TextInput
        name="who"
        label={CONSENT.erase.who}
        description={CONSENT.erase.whoWhat}
        placeholder={CONSENT.erase.whoHint}
        required
        withAsterisk={false}
        autoComplete="off"
        data-autofocus
      />
      <TextInput
        name="reason"
        label={WORDS.reason}
        placeholder={WORDS.reasonHint}
        minLength={10}
        maxLength={500}
        required
        withAsterisk={false}
      />
      <div className="row">
        <Button size="xs" type="submit" loading={giving.isPending}>
          {WORDS.submit}
        </Button>
        <Button size="xs" variant="default" onClick={onClose}>
          {giving.isSuccess ? CONSENT.close : CONSENT.cancel}
        </Button>
      </div>
    </form>
  )
}
