/** The ids of a list. */
export function idsOf(name: string): string {
  return `ANY(ARRAY(SELECT json_array_elements_text(:${name}::json)))`;
}

/** The numbers of a list. */
export function numbersOf(name: string): string {
  return `ANY(ARRAY(SELECT json_array_elements_text(:${name}::json)::bigint))`;
}

export function notAmong(name: string, type: 'text' | 'bigint'): string {
  return `<> ALL(ARRAY(SELECT json_array_elements_text(:${name}::json)::${type}))`;
}
