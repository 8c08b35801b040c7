/** The WebAuthn user handle: the user's id in UTF-8, which says nothing about the person. */
import { base64url, equalBytes, parseBase64url, utf8 } from '#core/bytes.ts';
import type { UserId } from '#core/ids.ts';

/** Base64url, as the browser's JSON has it. */
export const userHandle = (user: UserId): string => base64url(utf8(user));

/** @throws INVALID_INPUT when the handle is not base64url */
export const isHandleOf = (handle: string, user: UserId): boolean =>
  equalBytes(parseBase64url(handle, 'userHandle'), utf8(user));
