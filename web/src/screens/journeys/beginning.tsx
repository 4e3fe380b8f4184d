// A journey that is not there yet: what it is called and who answers for it; the rest is drawn.
import { Button, Modal, TextInput } from '@mantine/core'
import { type ComponentProps, type FormEvent, useState } from 'react'
import { useMay, useMe } from '@/app/session'
import { useGo } from '@/kit/go'
import { JOURNEY_EDIT } from '@/words/journey-edit'
import { TEMPLATES } from '@/words/templates'
import { Cards, Picked } from './templates'

const NAME_MAX = 60

export function NewJourney() {
  const [isAsked, setAsked] = useState(false)
  const [picked, setPicked] = useState<ComponentProps<typeof Picked>['template'] | null>(null)
  const may = { draft: useMay('propose'), draw: useMay('rehearse') }
  const isAllowed = may.draft && may.draw
  const close = () => {
    setAsked(false)
    setPicked(null)
  }
  return (
    <>
      <Button
        size="xs"
        disabled={!isAllowed}
        title={isAllowed ? undefined : JOURNEY_EDIT.mayNot}
        onClick={() => setAsked(true)}
      >
        {JOURNEY_EDIT.newJourney}
      </Button>
      <Modal
        opened={isAsked}
        onClose={close}
        title={picked?.title ?? JOURNEY_EDIT.newJourney}
        size={picked === null ? 980 : 620}
        closeButtonProps={{ 'aria-label': JOURNEY_EDIT.dismiss }}
      >
        {picked === null ? (
          <div className="begin">
            <section>
              <h3>{TEMPLATES.blank}</h3>
              <Form />
            </section>
            <section>
              <h3>{TEMPLATES.title}</h3>
              <p className="quiet small pretty">{TEMPLATES.why}</p>
              <Cards onPick={setPicked} />
            </section>
          </div>
        ) : (
          <Picked template={picked} onBack={() => setPicked(null)} />
        )}
      </Modal>
    </>
  )
}

function Form() {
  const { team } = useMe()
  const go = useGo()
  const [title, setTitle] = useState('')
  const [owner, setOwner] = useState(team)
  const name = nameOf(title)
  function begin(event: FormEvent) {
    event.preventDefault()
    go(`/journeys/${name}`, { draft: name, title, owner })
  }
  return (
    <form className="draft-propose" onSubmit={begin}>
      <TextInput
        label={JOURNEY_EDIT.newTitle}
        required
        data-autofocus
        maxLength={NAME_MAX}
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
      />
      <TextInput
        label={JOURNEY_EDIT.newOwner}
        required
        value={owner}
        onChange={(event) => setOwner(event.currentTarget.value)}
      />
      <Button type="submit" size="xs" disabled={name === '' || owner.trim() === ''}>
        {JOURNEY_EDIT.begin}
      </Button>
    </form>
  )
}

/** A name as definitions have it: `Win them back!` is `win_them_back`. */
export function nameOf(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replaceAll(/^[_0-9]+|_+$/g, '')
    .slice(0, NAME_MAX)
}
