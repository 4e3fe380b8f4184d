// Taking a segment out of the definitions.
import { api, take } from '@/api/client'
import { Removing, type Removal, type Wish } from '@/screens/removing/removing'
import { REMOVING } from '@/words/removing'

export function Remove({ name, isDraft }: { name: string; isDraft: boolean }) {
  const params = { path: { name } }
  async function read(): Promise<Removal> {
    const found = await take(api.GET('/api/segments/{name}/removal', { params }))
    const wrong = found.problems.map((each) => `${each.place.file}: ${each.what}.`)
    return { uses: found.uses, wrong, changes: found.changes }
  }
  async function propose(body: Wish): Promise<number> {
    const made = await take(api.POST('/api/segments/{name}/removal', { params, body }))
    return made.change?.number ?? 0
  }
  const closed = isDraft ? REMOVING.isDraft : undefined
  return <Removing kind="segment" name={name} read={read} propose={propose} closed={closed} />
}
