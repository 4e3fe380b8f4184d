// How personal something is, in a word; what needs care stands out.
import { Chip } from '@/kit/chip'
import { DICTIONARY } from '@/words/dictionary'

const CAREFUL = ['sensitive', 'health']

export function Privacy({ name }: { name: string }) {
  const word = DICTIONARY.privacies[name] ?? name
  if (name === '' || name === 'public') return <span className="quiet">{word}</span>
  return <Chip tone={CAREFUL.includes(name) ? 'warn' : 'line'}>{word}</Chip>
}
