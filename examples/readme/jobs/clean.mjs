export const handler = async ({ rows }) => ({ total: rows.reduce((sum, { amount }) => sum + amount, 0) });
