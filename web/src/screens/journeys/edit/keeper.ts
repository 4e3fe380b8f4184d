// Saves what is on the desk, a second after it was changed, over the state of the draft that it was
// made from; keeps it on the device until then, and whenever the server is away.
import { Refused } from '@/api/client'
import type { Instant } from '@/api/types'
import { Clash, type find, type Kept, type KeptDraft, type save } from './calls'
import type { Desk, Overlay } from './desk'
import type { Device } from './device'

export type Saving = {
  is: 'same' | 'changed' | 'saving' | 'saved' | 'away' | 'refused' | 'clash'
  savedAt: Instant
  /** The draft as it was saved last; null: nothing is saved yet. */
  draft: KeptDraft | null
  /** The texts that are agreed with the server. */
  agreed: Overlay
  /** Where `is` is clash: what somebody else saved; null: it was deleted. */
  theirs: KeptDraft | null
  error: Refused | null
  /** The device has no room for a copy. */
  isUnkept: boolean
}

type Calls = { find: typeof find; save: typeof save }

export type About = { name: string; journey: string; title: string; base: string }

const SAVE_AFTER_MS = 1_000
const AGAIN_MS = 2_000

export class Keeper {
  private readonly listeners = new Set<() => void>()
  private timer: ReturnType<typeof setTimeout> | undefined
  private running: Promise<void> | null = null
  private seen: Overlay
  private leave: () => void = () => {}

  constructor(
    private readonly desk: Desk,
    private readonly about: About,
    private readonly device: Device,
    private readonly calls: Calls,
    private held: Saving,
  ) {
    this.seen = held.agreed
  }

  /** Begin to watch the desk. */
  open(): void {
    this.leave = this.desk.subscribe(() => this.look())
    if (this.held.is !== 'clash') this.look()
  }

  close(): void {
    this.leave()
    clearTimeout(this.timer)
    this.listeners.clear()
  }

  readonly subscribe = (call: () => void): (() => void) => {
    this.listeners.add(call)
    return () => this.listeners.delete(call)
  }

  readonly state = (): Saving => this.held

  /** Save now what is not saved yet, commands on their way too; resolves when the server has
   * answered. */
  async flush(): Promise<void> {
    await this.desk.settled()
    this.look()
    clearTimeout(this.timer)
    await this.running
    if (this.isChanged() && this.held.is !== 'clash') await this.start()
  }

  /** After a clash: go on with these texts, over the state that the clash was with. */
  settle(draft: KeptDraft | null): void {
    this.put({ is: 'changed', draft, agreed: draft?.files ?? {}, theirs: null, error: null })
    this.look(true)
  }

  /** What runs was brought in: the draft is made of the running plan again. */
  follow(): void {
    const { draft } = this.held
    if (draft !== null) this.put({ draft: { ...draft, moved: [] } })
    this.look(true)
  }

  /** See whether what runs has moved below the draft. */
  async check(): Promise<void> {
    const { draft, is } = this.held
    if (draft === null || is !== 'saved') return
    const kept = await this.calls.find(this.about.name)
    if (kept !== null && kept.etag === this.held.draft?.etag) this.put({ draft: kept })
  }

  private isChanged(): boolean {
    return this.desk.state().now.files !== this.held.agreed
  }

  private look(isForced = false): void {
    const { files } = this.desk.state().now
    if (!isForced && files === this.seen) return
    this.seen = files
    if (same(files, this.held.agreed)) {
      if (this.held.is !== 'clash') this.put({ is: this.held.draft === null ? 'same' : 'saved' })
      this.device.drop()
      return
    }
    const { draft, agreed } = this.held
    const { journey, title, base } = this.about
    const etag = draft?.etag ?? ''
    const isKept = this.device.put({ journey, title, base, files, agreed, etag })
    this.put({ isUnkept: !isKept })
    if (this.held.is === 'clash') return
    this.put({ is: this.held.is === 'away' ? 'away' : 'changed' })
    this.soon(SAVE_AFTER_MS)
  }

  private soon(after: number): void {
    clearTimeout(this.timer)
    this.timer = setTimeout(() => void this.start(), after)
  }

  private start(): Promise<void> {
    this.running ??= this.once().finally(() => {
      this.running = null
    })
    return this.running
  }

  private async once(): Promise<void> {
    const { files, base } = this.desk.state().now
    if (same(files, this.held.agreed)) return
    if (this.held.is !== 'away') this.put({ is: 'saving' })
    const { draft } = this.held
    const isMoved = draft !== null && draft.moved.length > 0
    const kept: Kept = { ...this.about, files, base: isMoved ? draft.draft.base : base }
    try {
      const saved = await this.calls.save(kept, draft?.etag ?? '')
      const savedAt = saved.draft.saved_at
      this.put({ is: 'saved', draft: saved, agreed: files, savedAt, error: null })
      this.device.drop()
      this.seen = files
      if (this.desk.state().now.files !== files) this.look(true)
    } catch (error) {
      this.failed(error)
    }
  }

  private failed(error: unknown): void {
    if (error instanceof Clash) {
      this.put({ is: 'clash', theirs: error.theirs })
    } else if (error instanceof Refused) {
      this.put({ is: error.isAway ? 'away' : 'refused', error })
      if (error.isAway && this.listeners.size > 0) this.soon(AGAIN_MS)
    } else throw error
  }

  private put(part: Partial<Saving>): void {
    this.held = { ...this.held, ...part }
    for (const call of this.listeners) call()
  }
}

export function same(a: Overlay, b: Overlay): boolean {
  if (a === b) return true
  const names = Object.keys(a)
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name])
}
