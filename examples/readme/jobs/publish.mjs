export const handler = async ({ total }) => ({ published: total });
