// Something secret that is shown this once: a link, or a token.
import { Button } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { Note } from '@/kit/note'
import { ACCESS } from '@/words/access'

type Props = { title: string; what: string; text: string; onDone: () => void }

export function ShownOnce({ title, what, text, onDone }: Props) {
  const clipboard = useClipboard()
  return (
    <div className="access-form">
      <Note tone="ok" title={title}>
        {what}
      </Note>
      <output className="access-secret mono" aria-label={title}>
        {text}
      </output>
      <div className="row">
        <Button size="xs" onClick={() => clipboard.copy(text)} data-autofocus>
          {clipboard.copied ? ACCESS.copied : ACCESS.copy}
        </Button>
        <Button size="xs" variant="default" onClick={onDone}>
          {ACCESS.done}
        </Button>
      </div>
    </div>
  )
}

/** What leads to a page of this very Legato, where the server does not know its own name. */
export function wholeLink(link: string): string {
  return new URL(link, location.origin).toString()
}
