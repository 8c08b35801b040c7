/** `npm run schema`: prints the schema into schema/schema.graphql; a test holds the two together. */
import { writeFileSync } from 'node:fs';
import { buildPlatformSchema } from '#resolvers/schema.ts';
import { printSdl, SDL_FILE } from './sdl.ts';

writeFileSync(SDL_FILE, printSdl(buildPlatformSchema()));
