// The paths into what an event carries, as its declaration has them: `products[].product_id`.
import { isObject, type Json, type JsonObject } from '../form/json'

const DEPTH_MAX = 4

export type Property = { path: string; schema: JsonObject }

export function propertiesOf(schema: Json | undefined, before = '', depth = 0): Property[] {
  if (!isObject(schema) || !isObject(schema.properties) || depth > DEPTH_MAX) return []
  return Object.entries(schema.properties).flatMap(([name, inner]) => {
    const declared = isObject(inner) ? inner : {}
    const path = before + name
    if (isObject(declared.items)) {
      const items = propertiesOf(declared.items, `${path}[].`, depth + 1)
      return items.length > 0 ? items : [{ path: `${path}[]`, schema: declared.items }]
    }
    const deeper = propertiesOf(declared, `${path}.`, depth + 1)
    return deeper.length > 0 ? deeper : [{ path, schema: declared }]
  })
}
