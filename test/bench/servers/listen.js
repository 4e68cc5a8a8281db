import { once } from 'node:events';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';

/**
 * Listens on loopback for requests and WebSockets.
 *
 * @param handlers `onRequest(request, response)` and `onSocket(socket, request)`.
 * @returns The port and a function that closes the server.
 */
export async function listen({ onRequest, onSocket }) {
  const server = createServer(onRequest ?? ((_, response) => response.writeHead(404).end()));
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    socket.on('error', () => {}); // its close follows
    onSocket(socket, request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    server.close();
    server.closeAllConnections();
  };
  return { port: server.address().port, close };
}
