//! A stand-in for a company's mail server: SMTP without encryption and login.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use super::Answer;
use super::stand_in::{Request, Script, Turn};

/// Serves one connection: one mail.
pub(super) async fn serve(stream: TcpStream, script: &Script) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut commands = String::new();
    stream.write_all(b"220 mail.example ESMTP\r\n").await?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        commands += &line;
        let word = line.split([' ', '\r']).next().unwrap_or_default();
        if script.command() == Some(word) {
            let request = Request {
                head: std::mem::take(&mut commands),
                body: Vec::new(),
                at: Instant::now(),
            };
            if let (Turn::Answer(answer), _) = script.receive(request) {
                stream.write_all(&written(&answer)).await?;
            }
            continue;
        }
        match word {
            "DATA" => {
                stream.write_all(b"354 go on\r\n").await?;
                let mut body = Vec::new();
                while !body.ends_with(b"\r\n.\r\n") {
                    if stream.read_until(b'\n', &mut body).await? == 0 {
                        return Ok(());
                    }
                }
                body.truncate(body.len() - 3);
                let request = Request {
                    head: std::mem::take(&mut commands),
                    body,
                    at: Instant::now(),
                };
                if !end(&mut stream, script.receive(request)).await? {
                    return Ok(());
                }
            }
            "QUIT" => return stream.write_all(b"221 bye\r\n").await,
            _ => stream.write_all(b"250 ok\r\n").await?,
        }
    }
}

/// Answers the end of a mail. Returns whether the connection goes on.
async fn end(
    stream: &mut BufReader<TcpStream>,
    (turn, accepted): (Turn, Answer),
) -> std::io::Result<bool> {
    match turn {
        Turn::Accept => stream.write_all(&written(&accepted)).await?,
        Turn::Answer(answer) => stream.write_all(&written(&answer)).await?,
        Turn::Held(release) => {
            release.notified().await;
            stream.write_all(&written(&accepted)).await?;
        }
        Turn::ResetWithin => {
            stream.write_all(&written(&accepted)[..5]).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
            stream.get_ref().set_zero_linger()?;
            return Ok(false);
        }
        Turn::Close => return Ok(false),
        Turn::Silence => {
            // Until the client gives up.
            let _ = stream.read_to_end(&mut Vec::new()).await;
            return Ok(false);
        }
    }
    Ok(true)
}

fn written(answer: &Answer) -> Vec<u8> {
    format!("{} {}\r\n", answer.status, answer.body).into_bytes()
}
