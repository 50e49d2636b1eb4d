/** A real SMTP server on 127.0.0.1 that keeps what it receives. */
import { once, EventEmitter } from "node:events";

import { SMTPServer } from "smtp-server";

const WAIT_MS = 5_000;

/** Start the server and have `root`'s server send its mails there. */
export async function startMailbox(root) {
    const mails = [];
    const arrivals = new EventEmitter();
    const server = new SMTPServer({
        authOptional: true,
        disabledCommands: ["STARTTLS"],
        onData(stream, session, done) {
            const chunks = [];
            stream.on("data", (chunk) => chunks.push(chunk));
            stream.on("end", () => {
                const raw = decode(Buffer.concat(chunks).toString("latin1"));
                mails.push({ to: session.envelope.rcptTo.map((item) => item.address), raw });
                arrivals.emit("mail");
                done();
            });
        },
    });
    server.listen(0, "127.0.0.1");
    await once(server.server, "listening");
    const { port } = server.server.address();
    await root.settings.update({ smtp: { enabled: true, host: "127.0.0.1", port } });

    /** Wait for the next mail to `address` and take it away. */
    const next = async (address) => {
        const late = AbortSignal.timeout(WAIT_MS);
        for (;;) {
            const place = mails.findIndex((mail) => mail.to.includes(address));
            if (place >= 0) {
                return mails.splice(place, 1)[0].raw;
            }
            await once(arrivals, "mail", { signal: late });
        }
    };
    const stop = () => new Promise((resolve) => server.close(resolve));
    return { mails, next, stop };
}

/** Return the token of the link to `action` in a mail. */
export function tokenOf(raw, action) {
    const found = raw.match(new RegExp(`/_/#/auth/${action}/([\\w.-]+)`));
    if (!found) {
        throw new Error(`no link to ${action} in ${raw}`);
    }
    return found[1];
}

/** Return the one-time password of a mail. */
export function codeOf(raw) {
    return raw.match(/<strong>(\d+)<\/strong>/)[1];
}

/** Decode quoted-printable, which both servers use for ASCII mails. */
function decode(raw) {
    return raw
        .replace(/=\r?\n/g, "")
        .replace(/=([0-9A-F]{2})/g, (_, code) => String.fromCharCode(parseInt(code, 16)));
}
