import pLimit from 'p-limit';
import type { Account } from '../../config/accounts.ts';
import { login } from '../../mappers/login.ts';
import type { GatewayResult } from '../../platform/gateway.ts';
import { openGateway } from '../call.ts';
import type { Configuration } from '../settings.ts';
import { type Check, type Finding, fault, fine, warning } from './finding.ts';

const AT_ONCE = 4;

/** Each account's log-in, tried once: a platform may lock an account after some that fail. */
export function accountChecks(configuration: Configuration): readonly Check[] {
  const limit = pLimit(AT_ONCE);
  return [...configuration.accounts.values()].map((account) => ({
    what: `account ${account.id}`,
    examine: () => limit(async () => [await examineLogin(configuration, account)]),
  }));
}

/** Each on a gateway of its own, so that one account's platform that is down opens no circuit for the next. */
async function examineLogin(configuration: Configuration, account: Account): Promise<Finding> {
  const gateway = openGateway(configuration);
  try {
    const { outcome } = await gateway.send({ endpoint: login, account, body: {} });
    return judge(`account ${account.id}`, outcome);
  } finally {
    await gateway.close();
  }
}

function judge(what: string, outcome: GatewayResult['outcome']): Finding {
  switch (outcome.kind) {
    case 'accepted':
      return fine(what, 'the platform takes its log-in');
    case 'login-refused':
    case 'rejected':
    case 'duplicate':
      return refused(what, outcome.message);
    case 'busy':
      return warning(what, `the platform is busy: ${outcome.message}.`, 'try again later.');
    case 'in-doubt':
      return outcome.code === 'WRONG_SEC' ? wrongSec(what) : untried(what, outcome.message);
    case 'not-sent':
      return untried(what, outcome.message);
    case 'circuit-open':
      return untried(what, 'the system crm is down');
  }
}

function refused(what: string, message: string): Finding {
  const fix = /[秘密]钥|\bsec\b/i.test(message)
    ? 'correct the 加密秘钥: CTG_SEC, or "sec" in CTG_ACCOUNTS_FILE.'
    : 'correct username and password: CTG_USERNAME and CTG_PASSWORD, or CTG_ACCOUNTS_FILE. Too many tries may lock the account.';
  return fault(what, `the platform refuses its log-in: ${message}.`, fix);
}

function wrongSec(what: string): Finding {
  const fix =
    'compare CTG_SEC (or "sec" in CTG_ACCOUNTS_FILE) with 车同轨; if it is right, this is not their server: check the address.';
  return fault(what, 'the reply carries another sec (加密秘钥) than the account, so it is not trusted.', fix);
}

function untried(what: string, words: string): Finding {
  const fix = 'see the line of the system crm; check the path of "login" (CTG_PATHS_FILE).';
  return fault(what, `its log-in could not be tried (${words}).`, fix);
}
