// One user: role, team and name; a new link, out everywhere, off, away.
import { Button, Modal, NativeSelect, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import { useMe } from '@/app/session'
import { Go } from '@/kit/go'
import { Note } from '@/kit/note'
import { Time } from '@/kit/time'
import { ACCESS } from '@/words/access'
import { type Role, ROLE_CHOICES, useTeamChoices } from './invite'
import { No } from '@/kit/no'
import type { User } from './people'
import { useGrave } from './proof'
import { ShownOnce, wholeLink } from './shown'

const WORDS = ACCESS.user

export function OneUser({ user, onClose }: { user: User | undefined; onClose: () => void }) {
  return (
    <Modal
      opened={user !== undefined}
      onClose={onClose}
      title={user?.name || user?.email}
      size="lg"
      closeButtonProps={{ 'aria-label': ACCESS.close }}
    >
      {user !== undefined && <Whole key={user.user_id} user={user} onClose={onClose} />}
    </Modal>
  )
}

type Deed =
  | { verb: 'change'; role: Role; team: string; name: string }
  | { verb: 'off' | 'on' | 'remove' | 'link' | 'out' }
type Done = { text: string; link?: string }

function Whole({ user, onClose }: { user: User; onClose: () => void }) {
  const grave = useGrave()
  const queries = useQueryClient()
  const me = useMe()
  const doing = useMutation({
    mutationFn: (deed: Deed) => grave(() => done(user.user_id, deed)),
    onSuccess: async (_, deed) => {
      await queries.invalidateQueries({ queryKey: ['users'] })
      if (deed.verb === 'remove') onClose()
    },
  })
  const link = doing.data?.link
  if (link) {
    return (
      <ShownOnce
        title={ACCESS.invite.made(user.email)}
        what={ACCESS.invite.once}
        text={wholeLink(link)}
        onDone={() => doing.reset()}
      />
    )
  }
  return (
    <div className="access-form">
      <p className="quiet small row">
        {user.name !== '' && <span>{user.email}</span>}
        <span>
          {WORDS.since} <Time at={user.created_at} as="day" />
        </span>
        <Go className="link" to="/audit" search={{ who: `user:${user.user_id}` }}>
          {WORDS.trail}
        </Go>
      </p>
      {me.name === user.email && <Note title={WORDS.you} />}
      <No error={doing.error} />
      {doing.data?.text && <Note tone="ok" title={doing.data.text} />}
      <Fields user={user} isBusy={doing.isPending} onSave={(deed) => doing.mutate(deed)} />
      <Deeds user={user} isBusy={doing.isPending} onDo={(verb) => doing.mutate({ verb })} />
    </div>
  )
}

type FieldsProps = { user: User; isBusy: boolean; onSave: (deed: Deed) => void }

function Fields({ user, isBusy, onSave }: FieldsProps) {
  const teams = useTeamChoices()
  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const said = new FormData(event.currentTarget)
    const text = (name: string) => String(said.get(name) ?? '').trim()
    onSave({ verb: 'change', role: text('role') as Role, team: text('team'), name: text('name') })
  }
  return (
    <form className="access-form" onSubmit={submit}>
      <div className="access-three">
        <TextInput name="name" label={ACCESS.own_.name} defaultValue={user.name} maxLength={100} />
        <NativeSelect
          name="role"
          label={ACCESS.invite.role}
          data={ROLE_CHOICES}
          defaultValue={user.role}
          description={user.is_provided ? WORDS.roleSaid : undefined}
        />
        <NativeSelect
          // Teams come after the user: without them there is nothing to choose the present one of.
          key={teams.length}
          name="team"
          label={ACCESS.invite.team}
          data={teams}
          defaultValue={user.team}
        />
      </div>
      <div className="row">
        <Button size="xs" type="submit" loading={isBusy}>
          {WORDS.save}
        </Button>
      </div>
    </form>
  )
}

type Verb = 'off' | 'on' | 'remove' | 'link' | 'out'

function Deeds({
  user,
  isBusy,
  onDo,
}: {
  user: User
  isBusy: boolean
  onDo: (verb: Verb) => void
}) {
  const [isSure, setSure] = useState(false)
  return (
    <ul className="access-deeds">
      <Deed what={WORDS.linkWhat} name={WORDS.link} isBusy={isBusy} onDo={() => onDo('link')} />
      <Deed
        what={WORDS.signOutWhat}
        name={WORDS.signOut}
        isBusy={isBusy}
        onDo={() => onDo('out')}
      />
      {user.is_disabled ? (
        <Deed what={WORDS.onWhat} name={WORDS.on} isBusy={isBusy} onDo={() => onDo('on')} />
      ) : (
        <Deed what={WORDS.offWhat} name={WORDS.off} isBusy={isBusy} onDo={() => onDo('off')} />
      )}
      <Deed
        what={WORDS.removeWhat}
        name={isSure ? WORDS.removeSure : WORDS.remove}
        isBusy={isBusy}
        isGrave
        onDo={() => (isSure ? onDo('remove') : setSure(true))}
      />
    </ul>
  )
}

type DeedProps = {
  what: string
  name: string
  isBusy: boolean
  isGrave?: boolean
  onDo: () => void
}

function Deed({ what, name, isBusy, isGrave = false, onDo }: DeedProps) {
  return (
    <li>
      <span className="small ink2">{what}</span>
      <Button
        size="xs"
        variant="default"
        className={isGrave ? 'access-grave' : undefined}
        disabled={isBusy}
        onClick={onDo}
      >
        {name}
      </Button>
    </li>
  )
}

async function done(user_id: string, deed: Deed): Promise<Done> {
  const params = { path: { user_id } }
  switch (deed.verb) {
    case 'change': {
      const { role, team, name } = deed
      await take(api.PATCH('/api/users/{user_id}', { params, body: { role, team, name } }))
      return { text: WORDS.saved }
    }
    case 'off':
    case 'on': {
      const body = { is_disabled: deed.verb === 'off' }
      await take(api.PATCH('/api/users/{user_id}', { params, body }))
      return { text: WORDS.saved }
    }
    case 'out': {
      const ended = await take(api.DELETE('/api/users/{user_id}/sessions', { params }))
      return { text: WORDS.signedOut(ended.count) }
    }
    case 'link': {
      const made = await take(api.POST('/api/users/{user_id}/invitation', { params }))
      return { text: '', link: made.link ?? '' }
    }
    case 'remove':
      await take(api.DELETE('/api/users/{user_id}', { params }))
      return { text: '' }
  }
}
