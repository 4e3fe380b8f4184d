// A new token: a role, narrowed to what the program needs; and its text, once.
import { Button, Checkbox, Modal, NativeSelect, Textarea, TextInput } from '@mantine/core'
import '@mantine/core/styles/InlineInput.css'
import '@mantine/core/styles/Checkbox.css'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import type { components } from '@/api/schema'
import { ACCESS } from '@/words/access'
import { ROLE_CHOICES } from './invite'
import { No } from '@/kit/no'
import { useGrave } from './proof'
import { ShownOnce } from './shown'

type Wish = components['schemas']['govern_access_tokens_Wish']
type Role = NonNullable<Wish['role']>
type Permission = NonNullable<Wish['permissions']>[number]

const WORDS = ACCESS.token
const DAY_US = 86_400_000_000

export function NewToken({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={ACCESS.tokens.add}
      size="lg"
      closeButtonProps={{ 'aria-label': ACCESS.close }}
    >
      {isOpen && <Form onClose={onClose} />}
    </Modal>
  )
}

function Form({ onClose }: { onClose: () => void }) {
  const grave = useGrave()
  const queries = useQueryClient()
  const [role, setRole] = useState<Role>('viewer')
  const [left, setLeft] = useState<readonly Permission[]>([])
  const table = useQuery({
    queryKey: ['access', 'roles'],
    queryFn: () => take(api.GET('/api/access/roles')),
  })
  const making = useMutation({
    mutationFn: (body: Wish) => grave(() => take(api.POST('/api/tokens', { body }))),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['tokens'] }),
  })
  const abilities = table.data?.abilities.filter((each) => each.roles.includes(role)) ?? []
  const kept = abilities.map((each) => each.permission).filter((each) => !left.includes(each))

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault()
    const said = new FormData(event.currentTarget)
    const text = (name: string) => String(said.get(name) ?? '').trim()
    const days = Number(text('expires'))
    making.mutate({
      name: text('name'),
      role,
      permissions: left.length === 0 ? null : kept,
      prefixes: text('routes').split(/\s+/).filter(Boolean),
      expires_in: days === 0 ? null : days * DAY_US,
      reveal_reason: text('reason'),
      team: '',
      user: '',
    })
  }
  if (making.data !== undefined) {
    const { name, token } = making.data
    return <ShownOnce title={WORDS.made(name)} what={WORDS.once} text={token} onDone={onClose} />
  }
  return (
    <form className="access-form" onSubmit={submit}>
      <No error={making.error} />
      <div className="access-three">
        <TextInput
          name="name"
          label={WORDS.name}
          placeholder={WORDS.namePlaceholder}
          required
          withAsterisk={false}
          maxLength={100}
          data-autofocus
        />
        <NativeSelect
          label={WORDS.role}
          data={ROLE_CHOICES}
          value={role}
          onChange={(event) => {
            setRole(event.currentTarget.value as Role)
            setLeft([])
          }}
        />
        <NativeSelect
          name="expires"
          label={WORDS.expires}
          data={WORDS.expiries.map(([value, label]) => ({ value, label }))}
          defaultValue="90"
        />
      </div>
      <fieldset className="access-may">
        <legend>{WORDS.may}</legend>
        <p className="quiet small">{WORDS.mayWhat}</p>
        {abilities.map(({ permission, means }) => (
          <Checkbox
            key={permission}
            size="xs"
            label={means}
            checked={!left.includes(permission)}
            onChange={(event) =>
              setLeft(
                event.currentTarget.checked
                  ? left.filter((each) => each !== permission)
                  : [...left, permission],
              )
            }
          />
        ))}
      </fieldset>
      <Textarea
        name="routes"
        label={WORDS.routes}
        description={WORDS.routesWhat}
        placeholder="/api/plan"
        rows={2}
      />
      {kept.includes('reveal') && (
        <TextInput
          name="reason"
          label={WORDS.reason}
          description={WORDS.reasonWhat}
          maxLength={500}
        />
      )}
      <div className="row">
        <Button size="xs" type="submit" loading={making.isPending} disabled={kept.length === 0}>
          {WORDS.submit}
        </Button>
        <Button size="xs" variant="default" onClick={onClose}>
          {ACCESS.cancel}
        </Button>
      </div>
    </form>
  )
}
