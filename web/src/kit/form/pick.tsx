// A word to choose from a list that may be long: a button that opens a field to type in. Keys: Enter
// or Space opens, arrows move, Enter chooses, Escape leaves it as it was.
import { Popover } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconAlertTriangle, IconChevronDown } from '@tabler/icons-react'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react'
import { FORM } from '@/words/form'
import './form.css'

export type Option = { value: string; label: string; group?: string; hint?: string }

type Props = {
  /** What is chosen, for who cannot see where it stands. */
  label: string
  value?: string
  options: readonly Option[]
  onPick: (value: string) => void
  /** What the button shows; else the label of the value. */
  children?: ReactNode
  placeholder?: string
  isReadOnly?: boolean
  /** Whether what is typed may be chosen though nothing is called so. */
  isFree?: boolean
  /** Asks for what is called as was typed, where there is more than the options that are given. */
  search?: Search
}

export type Search = {
  /** Of what; two that search the same share what was found. */
  of: string
  ask: (text: string) => Promise<readonly Option[]>
}

const SHOWN_MAX = 60
const SETTLE_MS = 150
const FRESH_MS = 60_000

export function Pick(props: Props) {
  const { label, value = '', options, children, placeholder = FORM.choose } = props
  const [isOpen, setOpen] = useState(false)
  const chosen = options.find((each) => each.value === value)
  const isKnowable = !props.isFree && props.search === undefined
  const isUnknown = value !== '' && chosen === undefined && isKnowable
  const shown = chosen?.label ?? value
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-start"
      shadow="md"
      withinPortal
      trapFocus
      returnFocus
    >
      <Popover.Target>
        <button
          type="button"
          className="pick"
          data-empty={shown === '' && children === undefined}
          data-unknown={isUnknown}
          aria-haspopup="listbox"
          aria-label={children === undefined ? `${label}: ${shown || placeholder}` : label}
          title={isUnknown ? FORM.undeclared : undefined}
          disabled={props.isReadOnly}
          onClick={() => setOpen(!isOpen)}
        >
          {isUnknown && <IconAlertTriangle size={13} aria-hidden="true" />}
          <span className="cut">{children ?? (shown || placeholder)}</span>
          {children === undefined && <IconChevronDown size={12} aria-hidden="true" />}
        </button>
      </Popover.Target>
      <Popover.Dropdown p={0} className="pick-list">
        <Finder
          {...props}
          onPick={(picked) => {
            setOpen(false)
            props.onPick(picked)
          }}
        />
      </Popover.Dropdown>
    </Popover>
  )
}

/** What is given, and what a search finds of the rest: it stays until the next has come. */
function useFound(options: readonly Option[], text: string, search?: Search) {
  const [typed] = useDebouncedValue(text.trim(), SETTLE_MS)
  const more = useQuery({
    queryKey: ['search', search?.of, typed],
    queryFn: () => search?.ask(typed) ?? [],
    enabled: search !== undefined && typed !== '',
    placeholderData: keepPreviousData,
    staleTime: FRESH_MS,
  })
  if (search === undefined || text.trim() === '' || more.data === undefined) return options
  const given = new Set(options.map((each) => each.value))
  return [...options, ...more.data.filter((each) => !given.has(each.value))]
}

function Finder({ label, value, options: given, onPick, isFree, search }: Props) {
  const [text, setText] = useState('')
  const options = useFound(given, text, search)
  const found = matching(options, text, isFree)
  const shown = found.slice(0, SHOWN_MAX)
  const [at, setAt] = useState(() =>
    Math.max(
      0,
      shown.findIndex((each) => each.value === value),
    ),
  )
  const list = useId()
  const active = Math.min(at, shown.length - 1)

  function press(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) setAt((active + step + shown.length) % Math.max(shown.length, 1))
    else if (event.key === 'Enter') {
      const option = shown[active]
      if (option !== undefined) onPick(option.value)
    } else return
    event.preventDefault()
    if (step === undefined) return
    const next = (active + step + shown.length) % Math.max(shown.length, 1)
    document.getElementById(`${list}-${next}`)?.scrollIntoView({ block: 'nearest' })
  }

  return (
    <>
      <input
        className="pick-input"
        data-autofocus
        placeholder={FORM.find}
        aria-label={`${label}. ${FORM.find}`}
        role="combobox"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={shown[active] && `${list}-${active}`}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setAt(0)
        }}
        onKeyDown={press}
      />
      <div className="pick-options" role="listbox" id={list} aria-label={label}>
        {shown.map((option, index) => (
          <div
            key={`${option.group} ${option.value}`}
            id={`${list}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            className="pick-option"
            data-first={option.group !== shown[index - 1]?.group}
            onMouseMove={() => setAt(index)}
            onClick={() => onPick(option.value)}
          >
            <span className="grow">
              {option.label}
              {option.hint !== undefined && option.hint !== option.label && (
                <small>{option.hint}</small>
              )}
            </span>
            {option.group !== undefined && option.group !== shown[index - 1]?.group && (
              <span className="pick-group">{option.group}</span>
            )}
          </div>
        ))}
        {shown.length === 0 && <div className="pick-option quiet">{FORM.nothing}</div>}
        {found.length > shown.length && (
          <div className="pick-option quiet">{FORM.more(found.length - shown.length)}</div>
        )}
      </div>
    </>
  )
}

/** Every word typed stands in a label, hint or group; those that begin so come first. */
function matching(options: readonly Option[], text: string, isFree = false): readonly Option[] {
  const typed = text.trim()
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return options
  const found = options.filter(({ label, hint = '', group = '', value }) => {
    const all = `${label} ${hint} ${group} ${value}`.toLowerCase()
    return words.every((word) => all.includes(word))
  })
  const isThere = options.some((each) => each.value === typed)
  return isFree && !isThere ? [...found, { value: typed, label: typed }] : found
}
