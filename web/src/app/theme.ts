// Mantine, dressed in our tokens.
import {
  createTheme,
  localStorageColorSchemeManager,
  type MantineColorSchemeManager,
  type MantineColorsTuple,
} from '@mantine/core'

const cobalt: MantineColorsTuple = [
  '#eceffd',
  '#d8def9',
  '#b3bef3',
  '#8c9cee',
  '#6a7ee9',
  '#4f66e4',
  '#2b44d6',
  '#2439b8',
  '#1e309b',
  '#17267c',
]

// Mantine's own dark grey would clash with ours.
const dark: MantineColorsTuple = [
  '#eeeeec',
  '#b6b7bb',
  '#91939b',
  '#666974',
  '#3a3d46',
  '#2a2c33',
  '#1d1f24',
  '#17181c',
  '#131418',
  '#111215',
]

export const theme = createTheme({
  primaryColor: 'cobalt',
  colors: { cobalt, dark },
  primaryShade: { light: 6, dark: 5 },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--mono)',
  defaultRadius: 7,
  fontSizes: { xs: '12px', sm: '13px', md: '13.5px', lg: '15px', xl: '17px' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // What floats stands out by its shadow: the page behind it can still be read.
    Modal: { defaultProps: { overlayProps: { backgroundOpacity: 0.32 }, radius: 12 } },
  },
})

/** Keeps the choice where public/theme.js looks for it before the first paint. */
export const schemes: MantineColorSchemeManager = localStorageColorSchemeManager({
  key: 'legato-theme',
})
