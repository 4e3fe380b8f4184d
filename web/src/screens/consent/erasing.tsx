// Erasing somebody: who and why, then a look at who that is, then the word that means it.
import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import type { Profile } from '@/api/types'
import { useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { Note } from '@/kit/note'
import { Pairs } from '@/kit/pairs'
import { Time } from '@/kit/time'
import { CONSENT } from '@/words/consent'
import { count, title } from '@/words/format'

const WORDS = CONSENT.erase

export function Erasing({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={WORDS.title}
      closeButtonProps={{ 'aria-label': CONSENT.close }}
    >
      {isOpen && <Steps onClose={onClose} />}
    </Modal>
  )
}

function Steps({ onClose }: { onClose: () => void }) {
  const [reason, setReason] = useState('')
  const looking = useMutation({
    mutationFn: (who: string) =>
      take(api.GET('/api/people/{who}', { params: { path: { who } } })) as Promise<Profile>,
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const said = new FormData(event.currentTarget)
    setReason(String(said.get('reason')).trim())
    looking.mutate(String(said.get('who')).trim())
  }
  if (looking.data !== undefined) {
    return (
      <Sure
        profile={looking.data}
        reason={reason}
        onBack={() => looking.reset()}
        onClose={onClose}
      />
    )
  }
  return (
    <form className="consent-form" onSubmit={submit}>
      <p className="ink2 small">{WORDS.lead}</p>
      <No error={looking.error} />
      <TextInput
        name="who"
        label={WORDS.who}
        description={WORDS.whoWhat}
        placeholder={WORDS.whoHint}
        required
        withAsterisk={false}
        autoComplete="off"
        data-autofocus
      />
      <TextInput
        name="reason"
        label={WORDS.reason}
        description={WORDS.reasonWhat}
        placeholder={WORDS.reasonHint}
        defaultValue={reason}
        maxLength={500}
        required
        withAsterisk={false}
      />
      <div className="row">
        <Button size="xs" type="submit" loading={looking.isPending}>
          {WORDS.look}
        </Button>
        <Button size="xs" variant="default" onClick={onClose}>
          {CONSENT.cancel}
        </Button>
      </div>
    </form>
  )
}

type SureProps = { profile: Profile; reason: string; onBack: () => void; onClose: () => void }

function Sure({ profile, reason, onBack, onClose }: SureProps) {
  const [typed, setTyped] = useState('')
  const queries = useQueryClient()
  const go = useGo()
  const erasing = useMutation({
    mutationFn: () => {
      const params = { path: { who: profile.person_id } }
      return take(api.POST('/api/people/{who}/erase', { params, body: { reason } }))
    },
    onSuccess: async (certificate) => {
      await queries.invalidateQueries({ queryKey: ['erasures'] })
      onClose()
      go(`/consent/erasures/${encodeURIComponent(certificate.erasure_id)}`)
    },
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    erasing.mutate()
  }
  const kinds = [...new Set(profile.identifiers.map((each) => title(each.kind)))]
  return (
    <form className="consent-form" onSubmit={submit}>
      <Note tone="warn" title={WORDS.found}>
        {WORDS.lead}
      </Note>
      <Pairs
        pairs={[
          { name: WORDS.who, value: <span className="mono">{profile.person_id}</span> },
          { name: WORDS.known, value: <Time at={profile.first_seen} as="day" /> },
          { name: WORDS.ids, value: kinds.join(', ') },
          { name: WORDS.journeys, value: count(profile.enrollments.length) },
          { name: WORDS.segments, value: count(profile.segments.length) },
          { name: WORDS.reason, value: reason },
        ]}
      />
      <No error={erasing.error} />
      <TextInput
        label={WORDS.confirm}
        value={typed}
        onChange={(event) => setTyped(event.currentTarget.value)}
        autoComplete="off"
        data-autofocus
      />
      <div className="row">
        <Button
          size="xs"
          color="red"
          type="submit"
          disabled={typed !== WORDS.word}
          loading={erasing.isPending}
        >
          {WORDS.submit}
        </Button>
        <Button size="xs" variant="default" onClick={onBack}>
          {WORDS.back}
        </Button>
      </div>
    </form>
  )
}
