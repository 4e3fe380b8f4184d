// A new segment: its name, what people call it, and whose it is. It begins as a draft.
import { Button, Modal, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type FormEvent, useState } from 'react'
import { api, take } from '@/api/client'
import { save } from '@/api/drafts'
import { useGo } from '@/kit/go'
import { No } from '@/kit/no'
import { title } from '@/words/format'
import { SEGMENTS } from '@/words/segments'
import { draftOf } from './names'

type Wish = { name: string; title: string; owner: string }

export function Begin({ onClose }: { onClose: () => void }) {
  const go = useGo()
  const queries = useQueryClient()
  const [wish, setWish] = useState<Wish>({ name: '', title: '', owner: '' })
  const begin = useMutation({
    mutationFn: begun,
    onSuccess: async (_, { name }) => {
      await queries.invalidateQueries({ queryKey: ['drafts'] })
      go(`/segments/${name}`)
    },
  })
  const field = (key: keyof Wish) => ({
    value: wish[key],
    onChange: (event: { currentTarget: { value: string } }) =>
      setWish({ ...wish, [key]: event.currentTarget.value }),
  })
  function submit(event: FormEvent) {
    event.preventDefault()
    begin.mutate(wish)
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={SEGMENTS.begin}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <form className="segments-form" onSubmit={submit}>
        <p className="quiet small pretty">{SEGMENTS.beginWhat}</p>
        <TextInput
          data-autofocus
          label={SEGMENTS.name}
          description={SEGMENTS.nameHint}
          required
          withAsterisk={false}
          pattern="[a-z][a-z0-9_]{0,59}"
          {...field('name')}
        />
        <TextInput
          label={SEGMENTS.titleLabel}
          placeholder={title(wish.name)}
          maxLength={200}
          {...field('title')}
        />
        <TextInput label={SEGMENTS.owner} required withAsterisk={false} {...field('owner')} />
        <No error={begin.error} />
        <Button type="submit" size="xs" loading={begin.isPending}>
          {SEGMENTS.beginDo}
        </Button>
      </form>
    </Modal>
  )
}

async function begun(wish: Wish) {
  const made = await take(
    api.POST('/api/drawing/segment/edit', {
      body: { segment: '', files: {}, edits: [{ edit: 'new_segment', when: null, ...wish }] },
    }),
  )
  const kept = { journey: '', title: wish.title || title(wish.name), base: made.base }
  return await save({ name: draftOf(wish.name), files: made.files, ...kept }, '')
}
