// Inviting somebody: an address, a role, a team; and the link, once.
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { FormEvent } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { ACCESS } from '@/words/access'
import { title } from '@/words/format'
import { No } from '@/kit/no'
import { useGrave } from './proof'
import { ShownOnce, wholeLink } from './shown'

type Wish = components['schemas']['NewUser']
export type Role = Wish['role']

const WORDS = ACCESS.invite
export const ROLE_CHOICES = Object.entries(ACCESS.role).map(([value, label]) => ({ value, label }))

export function useTeamChoices() {
  const teams = useQuery({ queryKey: ['teams'], queryFn: () => take(api.GET('/api/teams')) })
  const known = teams.data?.filter((each) => each.is_known) ?? []
  return [
    { value: '', label: WORDS.noTeam },
    ...known.map((each) => ({ value: each.name, label: each.title || title(each.name) })),
  ]
}

export function Invite({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={WORDS.title}
      closeButtonProps={{ 'aria-label': ACCESS.close }}
    >
      {isOpen && <Form onClose={onClose} />}
    </Modal>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const grave = useGrave()
  const queries = useQueryClient()
  const teams = useTeamChoices()
  const inviting = useMutation({
    mutationFn: (body: Wish) => grave(() => take(api.POST('/api/users', { body }))),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['users'] }),
  })
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const said = new FormData(event.currentTarget)
    const text = (name: string) => String(said.get(name) ?? '').trim()
    inviting.mutate({
      email: text('email'),
      name: text('name'),
      role: text('role') as NonNullable<Role>,
      team: text('team'),
      password: '',
    })
  }
  if (inviting.data !== undefined) {
    const { user, link = '' } = inviting.data
    return (
      <ShownOnce
        title={WORDS.made(user.email)}
        what={WORDS.once}
        text={wholeLink(link)}
        onDone={onClose}
      />
    )
  }
  return (
    <form className="access-form" onSubmit={submit}>
      <p className="ink2 small">{WORDS.lead}</p>
      <No error={inviting.error} />
      <TextInput
        name="email"
        type="email"
        label={WORDS.email}
        required
        withAsterisk={false}
        data-autofocus
      />
      <TextInput name="name" label={WORDS.name} maxLength={100} />
      <NativeSelect name="role" label={WORDS.role} data={ROLE_CHOICES} defaultValue="viewer" />
      <NativeSelect name="team" label={WORDS.team} data={teams} />
      <div className="row">
        <Button size="xs" type="submit" loading={inviting.isPending}>
          {WORDS.submit}
        </Button>
        <Button size="xs" variant="default" onClick={onClose}>
          {ACCESS.cancel}
        </Button>
      </div>
    </form>
  )
}
