// Which list of values a field of text may offer; empty: none.
import { createContext, useContext } from 'react'

export const SuggestedContext = createContext('')

export const useSuggested = () => useContext(SuggestedContext)
