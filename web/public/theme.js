// Sets the theme before the first paint, so that nothing flashes. A file of its own and not inline:
// the content security policy allows no inline scripts.
;(() => {
  const kept = localStorage.getItem('legato-theme')
  const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'
  const theme = kept === 'light' || kept === 'dark' ? kept : system
  document.documentElement.setAttribute('data-mantine-color-scheme', theme)
})()
