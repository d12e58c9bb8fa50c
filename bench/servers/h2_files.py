"""Sends the files of a folder over HTTP/2, with Python's h2: without TLS, and with TLS 1.2 and 1.3.

    h2_files.py '{"hostname":"127.0.0.1","h2c":1,"tls12":2,"tls13":3,"root":"","certificate":"","key":""}'
"""

import asyncio
import json
import os
import ssl
import sys
from urllib.parse import unquote

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import ConnectionTerminated, RequestReceived, StreamReset
from h2.exceptions import ProtocolError, StreamClosedError

OPTIONS = json.loads(sys.argv[1])


class Sender(asyncio.Protocol):
    """A connection: as much of each file as the flow control allows, one stream after another."""

    def connection_made(self, transport):
        self.transport = transport
        self.h2 = H2Connection(H2Configuration(client_side=False))
        self.h2.initiate_connection()
        self.bodies = {}
        self.is_full = False
        self.flush()

    def data_received(self, data):
        try:
            events = self.h2.receive_data(data)
        except ProtocolError:
            self.flush()
            self.transport.close()
            return
        for event in events:
            if isinstance(event, RequestReceived):
                self.begin(event.stream_id, dict(event.headers)[b":path"].decode())
            elif isinstance(event, StreamReset):
                self.end(event.stream_id)
            elif isinstance(event, ConnectionTerminated):
                self.transport.close()
                return
        self.send()

    def begin(self, stream, path):
        name = OPTIONS["root"] + unquote(path)
        if not os.path.isfile(name):
            self.h2.send_headers(stream, [(":status", "404")], end_stream=True)
            return
        size = os.path.getsize(name)
        self.h2.send_headers(stream, [(":status", "200"), ("content-length", str(size))], end_stream=size == 0)
        if size:
            self.bodies[stream] = [open(name, "rb"), size]

    def send(self):
        for stream in list(self.bodies):
            file, left = self.bodies[stream]
            try:
                while left and not self.is_full:
                    room = min(self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size, left)
                    if room <= 0:
                        break
                    left -= room
                    self.h2.send_data(stream, file.read(room), end_stream=left == 0)
                    self.flush()
            except StreamClosedError:
                left = 0
            self.bodies[stream][1] = left
            if left == 0:
                self.end(stream)
        self.flush()

    def end(self, stream):
        if stream in self.bodies:
            self.bodies.pop(stream)[0].close()

    def flush(self):
        self.transport.write(self.h2.data_to_send())

    def pause_writing(self):
        self.is_full = True

    def resume_writing(self):
        self.is_full = False
        self.send()

    def connection_lost(self, _):
        for stream in list(self.bodies):
            self.end(stream)


def tls(version):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(OPTIONS["certificate"], OPTIONS["key"])
    context.set_alpn_protocols(["h2"])
    return context


async def main():
    loop = asyncio.get_running_loop()
    for port, context in (
        ("h2c", None),
        ("tls12", tls(ssl.TLSVersion.TLSv1_2)),
        ("tls13", tls(ssl.TLSVersion.TLSv1_3)),
    ):
        await loop.create_server(Sender, OPTIONS["hostname"], OPTIONS[port], ssl=context, backlog=1024)
    await asyncio.Event().wait()


asyncio.run(main())
