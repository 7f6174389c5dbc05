import type { Json } from '../engine';
export function validateDefinition(
  _definition: Json | string,
  _type?: string,
): { accepted: boolean; errorCode?: string; message?: string; diagnostics: Json[] } {
  return { accepted: true, diagnostics: [] };
}
