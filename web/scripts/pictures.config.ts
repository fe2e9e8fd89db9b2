import { defineConfig } from '@playwright/test'
import flows from '../playwright.config.ts'

/** Takes docs/images/studio-*.png with what the flows run in. */
export default defineConfig({
  ...flows,
  testDir: '.',
  outputDir: '../../test/results/pictures',
  testMatch: 'pictures.ts',
  timeout: 300_000,
  workers: 1,
  projects: [{ name: 'pictures', use: { locale: 'en-US', timezoneId: 'Asia/Seoul' } }],
})
