// A story as the text of a scenario: copied, or kept in the draft, so that it stays as a test.
import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api, take } from '@/api/client'
import { useMay } from '@/app/session'
import { Trouble } from '@/kit/trouble'
import { PROOFS } from '@/words/rehearse'
import type { Subject } from './about'

type Props = { label: string; text: string; file: string; subject: Subject; isOpen?: boolean }

export function AsScenario({ label, text, file, subject, isOpen = false }: Props) {
  return (
    <details className="rehearse-more" open={isOpen}>
      <summary>{PROOFS.scenario}</summary>
      <pre className="rehearse-text" tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <div className="rehearse-asks">
        <Copy text={text} />
        <Save text={text} file={file} />
        {subject.draftName !== '' && <Keep text={text} file={file} draft={subject.draftName} />}
      </div>
    </details>
  )
}

function Copy({ text }: { text: string }) {
  const [isCopied, setCopied] = useState(false)
  return (
    <Button
      size="xs"
      variant="default"
      onClick={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    >
      {isCopied ? PROOFS.copied : PROOFS.copy}
    </Button>
  )
}

/** The file itself, for whoever keeps the workspace in a folder. */
function Save({ text, file }: { text: string; file: string }) {
  return (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        const link = document.createElement('a')
        link.href = URL.createObjectURL(new Blob([text], { type: 'application/yaml' }))
        link.download = file.slice(file.lastIndexOf('/') + 1)
        link.click()
        URL.revokeObjectURL(link.href)
      }}
    >
      {PROOFS.save}
    </Button>
  )
}

type KeepProps = { text: string; file: string; draft: string }

function Keep({ text, file, draft }: KeepProps) {
  const may = useMay('propose')
  const queries = useQueryClient()
  const keep = useMutation({
    mutationFn: () => kept(draft, file, text),
    onSettled: () => queries.invalidateQueries({ queryKey: ['drafts', draft] }),
  })
  return (
    <>
      <Button
        size="xs"
        variant="default"
        disabled={!may || keep.isSuccess}
        loading={keep.isPending}
        onClick={() => keep.mutate()}
      >
        {keep.isSuccess ? PROOFS.kept_ : PROOFS.keep}
      </Button>
      {keep.isError && <Trouble error={keep.error} />}
    </>
  )
}

/** The draft as it is now, with one file more; a scenario of that name gives way to this one. */
async function kept(name: string, file: string, text: string): Promise<void> {
  const path = { name }
  const { draft, files, etag } = await take(api.GET('/api/drafts/{name}', { params: { path } }))
  await take(
    api.PUT('/api/drafts/{name}', {
      params: { path, header: { 'if-match': etag } },
      body: {
        title: draft.title,
        journey: draft.journey,
        base: draft.base,
        files: { ...files, [file]: text },
      },
    }),
  )
}
