// A worker that never comes up.
throw new Error('no such library');
