// The desk: texts that somebody edits, each version with what led to it. All meaning is the server's:
// a command goes there with the texts, and comes back as texts, a drawing, and a sentence.
import { Refused } from '@/api/client'
import type { components } from '@/api/schema'
import { type Change, putOf } from '@/kit/form/ahead'
import { joined, type JsonObject } from '@/kit/form/json'
import type { Drawing } from '../graph'
import { everyStep } from '../places'
import { followed, rebased } from './follow'

type Schemas = components['schemas']
export type Command = Schemas['ToEdit']['edits'][number]
/** Texts in place of the running ones, by path; null: without the file. */
export type Overlay = Readonly<Record<string, string | null>>

export type Read = {
  drawing: Drawing
  text: string
  base: string
  /** Changes of what runs that made its problems. */
  causes?: Schemas['ShownDrawing']['causes']
}
export type Edited = Read & { files: Overlay; said: readonly string[]; path: string }
export type Calls = {
  read: (journey: string, files: Overlay) => Promise<Read>
  edit: (journey: string, files: Overlay, edits: Command[]) => Promise<Edited>
}

export type Version = Read & {
  files: Overlay
  /** What was done to get here from the version before; empty: it is the first. */
  said: string
  /** The path that it was about. */
  path: string
  /** What goes on in one place is undone at once; empty: this stands alone. */
  group: string
  /** The drawing is of these texts, and not of older ones. */
  isDrawn: boolean
}

/** Commands of the steps as they are shown, or what makes them once their turn has come: of the
 * drawing as it is then, with where a path that is shown leads there; null: nowhere any more. */
export type Wish =
  | readonly Command[]
  | ((drawing: Drawing, follow: (path: string) => string | null) => readonly Command[])

/** A setting of a step, by its path; of the journey itself where `under` is empty. */
export type Setting = Change & { under: string }

type Ahead = Setting & { number: number }

export type State = {
  past: readonly Version[]
  now: Version
  future: readonly Version[]
  /** Commands that are not answered yet. */
  waiting: number
  /** What was set and is not answered yet, in order. */
  ahead: readonly Ahead[]
  isAway: boolean
  /** Why the last command was not done. */
  refused: Refused | null
}

const VERSIONS_MAX = 100
const READ_AFTER_MS = 400
const AGAIN_MS = 2_000

export class Desk {
  private readonly listeners = new Set<() => void>()
  private turn: Promise<void> = Promise.resolve()
  private timer: ReturnType<typeof setTimeout> | undefined
  /** Commands that were answered since somebody waits, in order. */
  private done: Command[] = []
  private count = 0
  /** Why the text could not be read: over once it can. */
  private unread: Refused | null = null

  constructor(
    private readonly calls: Calls,
    private held: State,
  ) {}

  static of(calls: Calls, first: Read, files: Overlay): Desk {
    const now = { ...first, files, said: '', path: '', group: '', isDrawn: true }
    const rest = { waiting: 0, ahead: [], isAway: false, refused: null }
    return new Desk(calls, { past: [], now, future: [], ...rest })
  }

  readonly subscribe = (call: () => void): (() => void) => {
    this.listeners.add(call)
    return () => this.listeners.delete(call)
  }

  readonly state = (): State => this.held

  close(): void {
    clearTimeout(this.timer)
    this.listeners.clear()
  }

  /** Do commands when their turn comes. Resolves with what they were about; null: nothing was done. */
  do(wish: Wish, group = ''): Promise<string | null> {
    const { length } = this.done
    // Why an earlier one was not done was told before this one: it is over once this is done.
    const known = this.held.refused
    const make = (drawing: Drawing) => commandsOf(wish, drawing, this.done.slice(length))
    return this.inTurn(() => this.next(make, group, known))
  }

  /** Set a field: it stands there at once, and goes back where it is refused. */
  async set(setting: Setting): Promise<void> {
    const number = (this.count += 1)
    const isThis = (each: Ahead) => each.number === number
    this.put({ ahead: [...this.held.ahead, { ...setting, number }] })
    try {
      const place = joined(setting.under, setting.field)
      await this.do((drawing) => settingOf(drawing, this.held.ahead.find(isThis)), place)
    } finally {
      this.put({ ahead: this.held.ahead.filter((each) => !isThis(each)) })
    }
  }

  /** Put a text in place of a file's at once; the drawing follows. */
  write(file: string, text: string, said: string): void {
    const { now } = this.held
    const files = { ...now.files, [file]: text }
    const shown = file === now.drawing.file ? { text } : {}
    this.keep({ ...now, ...shown, files, said, path: '', group: file, isDrawn: false })
    this.readSoon()
  }

  /** Put other texts in place of all of them. */
  replace(files: Overlay, read: Read, said: string): void {
    this.keep({ ...read, files, said, path: '', group: '', isDrawn: true })
  }

  /** Resolves with the version that was left; null: there was none before. */
  undo(): Promise<Version | null> {
    return this.inTurn(async () => {
      const { past, now, future } = this.held
      const before = past.at(-1)
      if (before === undefined) return null
      this.put({ past: past.slice(0, -1), now: before, future: [now, ...future], refused: null })
      if (!before.isDrawn) this.readSoon(0)
      return now
    })
  }

  redo(): Promise<Version | null> {
    return this.inTurn(async () => {
      const { past, now, future } = this.held
      const next = future[0]
      if (next === undefined) return null
      this.put({ past: [...past, now], now: next, future: future.slice(1), refused: null })
      if (!next.isDrawn) this.readSoon(0)
      return next
    })
  }

  /** Resolves when every command so far is answered. */
  settled(): Promise<void> {
    return this.turn
  }

  /** Draw it anew: what runs may be another plan by now. */
  look(): void {
    if (this.held.waiting === 0) this.readSoon(0)
  }

  /** Let what comes next stand alone in the history. */
  pause(): void {
    if (this.held.now.group !== '') this.put({ now: { ...this.held.now, group: '' } })
  }

  dismiss(): void {
    this.put({ refused: null })
  }

  private inTurn<Done>(work: () => Promise<Done>): Promise<Done> {
    this.put({ waiting: this.held.waiting + 1 })
    const done = this.turn.then(work)
    const over = () => {
      this.put({ waiting: this.held.waiting - 1 })
      if (this.held.waiting === 0) this.done = []
    }
    this.turn = done.then(over, over)
    return done
  }

  private async next(
    make: (drawing: Drawing) => readonly Command[],
    group: string,
    known: Refused | null,
  ): Promise<string | null> {
    if (!this.held.now.isDrawn && !(await this.read())) return null
    const { now } = this.held
    const edits = make(now.drawing)
    if (edits.length === 0) return null
    try {
      const { said, ...edited } = await this.calls.edit(now.drawing.journey, now.files, [...edits])
      // The text was written on meanwhile: the commands are for that one then.
      if (this.held.now.files !== now.files) return await this.next(make, group, known)
      this.keep({ ...edited, said: said.at(-1) ?? '', group, isDrawn: true })
      this.done.push(...edits)
      this.put({ ahead: this.held.ahead.flatMap((each) => stillAhead(each, edits)) })
      const { refused } = this.held
      this.put({ isAway: false, refused: refused === known ? null : refused })
      return edited.path
    } catch (error) {
      this.failed(error)
      return null
    }
  }

  private keep(next: Version): void {
    const { past, now } = this.held
    const isSame = next.group !== '' && next.group === now.group && now.said !== ''
    const before = isSame ? past : [...past, now].slice(-VERSIONS_MAX)
    this.put({ past: before, now: next, future: [] })
  }

  private readSoon(after = READ_AFTER_MS): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.read(), after)
  }

  private async read(): Promise<boolean> {
    const { now } = this.held
    try {
      const read = await this.calls.read(now.drawing.journey, now.files)
      if (this.held.now.files !== now.files) return false
      const { refused } = this.held
      const isOver = refused === this.unread || refused?.isAway === true
      this.put({ now: { ...this.held.now, ...read, isDrawn: true }, isAway: false })
      if (isOver) this.put({ refused: null })
      return true
    } catch (error) {
      const isAway = this.failed(error)
      this.unread = this.held.refused
      if (isAway && this.listeners.size > 0) this.readSoon(AGAIN_MS)
      return false
    }
  }

  /** Keep why something was not done; return whether nobody answered. */
  private failed(error: unknown): boolean {
    if (!(error instanceof Refused)) throw error
    this.put({ refused: error, isAway: error.isAway })
    return error.isAway
  }

  private put(part: Partial<State>): void {
    this.held = { ...this.held, ...part }
    for (const call of this.listeners) call()
  }
}

/** The fields of a step, or of the journey itself; null: there is no such step. */
function fieldsOf({ head, steps }: Drawing, under: string): JsonObject | null {
  const step = everyStep(steps).find((each) => each.path === under)
  const fields = under === '' ? head.fields : step?.fields
  return fields === undefined ? null : (fields as JsonObject)
}

/** All or none: what was meant for a step that is gone is meant for no other. */
function commandsOf(wish: Wish, drawing: Drawing, done: readonly Command[]): readonly Command[] {
  if (typeof wish === 'function') return wish(drawing, (path) => followed(path, done))
  const commands = wish.map((each) => rebased(each, done)).filter((each) => each !== null)
  return commands.length === wish.length ? commands : []
}

/** What was set of a step, of where it stands after commands. */
function stillAhead(ahead: Ahead, done: readonly Command[]): Ahead[] {
  const under = followed(ahead.under, done)
  return under === null ? [] : [{ ...ahead, under }]
}

function settingOf(drawing: Drawing, setting: Setting | undefined): readonly Command[] {
  if (setting === undefined) return []
  const { under, ...change } = setting
  const fields = fieldsOf(drawing, under)
  const put = fields === null ? null : putOf(fields, change)
  if (put === null) return []
  const path = joined(under, put.field)
  if (put.value === undefined) return [{ edit: 'remove_field', path }]
  return [{ edit: 'set_field', path, value: put.value }]
}
