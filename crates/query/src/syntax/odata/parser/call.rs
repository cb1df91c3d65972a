//! Calls and their arguments.

use super::super::ast::{Argument, Call, Path};
use super::super::faults;
use super::super::token::TokenKind;
use super::Parser;
use crate::Error;

impl Parser<'_> {
    /// `name ( )` and `name ( argument ( , argument )* )`, after the name.
    pub(super) fn call(&mut self, name: Path) -> Result<Call, Error> {
        let open = self.here();
        self.at += 1;
        let mut arguments = Vec::new();
        if self.is(&TokenKind::Close) {
            let span = name.span.to(self.here());
            self.at += 1;
            return Ok(Call { name: name.text, arguments, span });
        }
        loop {
            arguments.push(self.argument()?);
            let Some(token) = self.next() else {
                return Err(faults::unclosed(open, self.text.len()));
            };
            match token.kind {
                TokenKind::Comma => {}
                TokenKind::Close => {
                    return Ok(Call { name: name.text, arguments, span: name.span.to(token.span) });
                }
                TokenKind::Open
                | TokenKind::Colon
                | TokenKind::Geography
                | TokenKind::Path(_)
                | TokenKind::Constant(_) => {
                    let end = arguments.last().map_or(open.end, |last| last.span().end);
                    return Err(faults::missing_comma(token.span, end));
                }
            }
        }
    }

    fn argument(&mut self) -> Result<Argument, Error> {
        let here = self.here();
        match self.next().map(|token| &token.kind) {
            Some(TokenKind::Path(text)) => {
                Ok(Argument::Path(Path { text: text.clone(), span: here }))
            }
            Some(TokenKind::Constant(constant)) => Ok(Argument::Constant(constant.clone(), here)),
            Some(TokenKind::Geography) => Ok(Argument::Geography(here)),
            Some(TokenKind::Open | TokenKind::Close | TokenKind::Comma | TokenKind::Colon)
            | None => Err(faults::missing_argument(here)),
        }
    }
}
