// The chat that one would write with `ws` in an afternoon: a set of sockets for each room, and
// nothing kept. It is measured beside the product; it is no example.
'use strict';

const { WebSocketServer, WebSocket } = require('ws');

const rooms = new Map();
const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });

server.on('listening', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});

server.on('connection', (socket, request) => {
  const name = new URL(request.url, 'http://localhost').searchParams.get('room');
  if (!rooms.has(name)) rooms.set(name, new Set());
  const room = rooms.get(name);
  room.add(socket);
  socket.on('close', () => room.delete(socket));
  socket.on('error', () => {});
  socket.on('message', (text) => {
    const event = JSON.stringify({ type: 'message', message: { content: text.toString() } });
    for (const member of room) {
      if (member.readyState === WebSocket.OPEN) member.send(event);
    }
  });
  socket.send(JSON.stringify({ type: 'hello' }));
});
