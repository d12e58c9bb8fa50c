"""The original demonstration's stack: aiohttp sessions, pages checked and added up.

    aiohttp_pages.py URL '{"trials":100,"bytes":0,"inFlight":100,"sessions":1,"limit":100}'
"""

import asyncio
import json
import sys
import time

import aiohttp


async def download(url, trials, size, in_flight, sessions, limit):
    numbers = iter(range(trials))
    result = {"done": 0, "value": 0, "bytes": 0}

    async def lane(session):
        for n in numbers:
            async with session.get(f"{url}{n}") as response:
                body = await response.read()
                response.raise_for_status()
            if (len(body) != size) if size else (body != str(n).encode()):
                raise ValueError(f"/{n}: not its page")
            result["done"] += 1
            result["bytes"] += len(body)
            if not size:
                result["value"] += n

    clients = [aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=limit)) for _ in range(sessions)]
    await asyncio.gather(*(lane(clients[i % sessions]) for i in range(in_flight)))
    for client in clients:
        await client.close()
    return result


def main():
    url, options = sys.argv[1], json.loads(sys.argv[2])
    start = time.perf_counter()
    result = asyncio.run(
        download(url, options["trials"], options["bytes"], options["inFlight"], options["sessions"], options["limit"])
    )
    print(json.dumps({**result, "value": str(result["value"]), "seconds": time.perf_counter() - start}))


main()
