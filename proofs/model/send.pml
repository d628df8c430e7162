/* The send protocol of Homing as a Promela model: plan -> claim -> intend -> transmit -> settle, with everything that may go
   wrong between any two of these. `python -m proofs.model` searches it exhaustively; README.md says what is in it and why.

             plan           claim            intend             settle
   UNBORN ---------> QUEUED --------> CLAIMED --------> SENDING ---------> SENT | FAILED | UNCERTAIN
                       ^------ release, not sent ----------+                  UNCERTAIN --> SENT | QUEUED | FAILED (late truth, person)

   Each atomic block is one transaction, or one thing that happens at the provider. Between two blocks any worker may be killed, frozen
   for any time, or lose its lane (TAKE is possible at any moment: late, early, or because a clock jumped).

   Sizes   N rows (1, 2)  W workers  T attempts a row (2, 3)  L lanes  TAKES take-overs  CRASHES kills  POWER power losses
           PERSON decisions of a person  PAUSES pause/resume pairs  PLANNERS planners (0: planned and sealed from the start)
   Worlds  KEYED     a provider that keeps one copy per key, so that what is unclear may be sent again with the same key
           ALIVE     a power loss takes the database only; the workers live on (PostgreSQL)
           CANCEL    a person may cancel the campaign
   WITNESS expression that must be reachable, or the search proved nothing: said on the output when it is reached
   MUT_*   known bugs; each must be found */
#ifndef N
#define N 1
#endif
#ifndef W
#define W 2
#endif
#ifndef T
#define T 2
#endif
#ifndef L
#define L 1
#endif
#ifndef TAKES
#define TAKES 3
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef POWER
#define POWER 0
#endif
#ifndef PERSON
#define PERSON 0
#endif
#ifndef PAUSES
#define PAUSES 0
#endif
#ifndef PLANNERS
#define PLANNERS 0
#endif

/* a delivery */
#define UNBORN 0
#define QUEUED 1
#define CLAIMED 2
#define SENDING 3
#define SENT 4
#define FAILED 5
#define UNCERTAIN 6
#define CANCELLED 7
/* an attempt's own row, written by the intend */
#define NONE 0
#define OPENED 1
#define UNKNOWN 2
#define ACCEPTED 3
#define NOT 4
/* what came back */
#define YES 1
#define UNCLEAR 2
#define NOTSENT 3
#define REFUSED 4
/* a campaign: RUNNING = sending, STOPPED = cancelled */
#define RUNNING 0
#define PAUSED 1
#define COMPLETED 2
#define STOPPED 3

/* ---- the ledger ---- */
byte st[N];                 /* delivery.state */
byte att[N];                /* delivery.attempt: the fence */
byte at[N * (T + 1)];       /* attempt.state */
byte epoch[L];              /* lease.epoch */
byte camp;                  /* campaign.state */
byte planned;               /* campaign.planned_through */
bool sealed;                /* campaign.planned_at is set */

#if POWER > 0
/* the ledger as it would read after a power loss: what was flushed. A WAL flush carries every earlier commit with it. */
byte d_st[N]; byte d_att[N]; byte d_at[N * (T + 1)]; byte d_epoch[L]; byte d_camp; byte d_planned; bool d_sealed;
byte powers, boot;
#endif

/* ---- the truth, which no power loss takes back ---- */
bool took[N * (T + 1)];     /* the provider accepted this attempt */
byte order[N];              /* how often a person ordered the row to be sent again although it may have arrived */
byte under[N * (T + 1)];    /* the order under which this attempt was claimed */
bool said[N];               /* a person settled this row by his own word */
byte crashes, takes, persons, pauses;
bool swept;                 /* the cancel has gone through all rows */
hidden byte h;

#define AT(x, n) at[(x) * (T + 1) + (n)]
#define TOOK(x, n) took[(x) * (T + 1) + (n)]
#define UNDER(x, n) under[(x) * (T + 1) + (n)]
#define TWIN(x, n, i) (i != n && TOOK(x, i) && UNDER(x, i) == UNDER(x, n))
#if T > 2
#define ANY(x, s) (AT(x, 1) == s || AT(x, 2) == s || AT(x, 3) == s)
#define ARRIVED(x) (TOOK(x, 1) || TOOK(x, 2) || TOOK(x, 3))
#define TWICE(x, n) (TOOK(x, n) || TWIN(x, n, 1) || TWIN(x, n, 2) || TWIN(x, n, 3))
#else
#define ANY(x, s) (AT(x, 1) == s || AT(x, 2) == s)
#define ARRIVED(x) (TOOK(x, 1) || TOOK(x, 2))
#define TWICE(x, n) (TOOK(x, n) || TWIN(x, n, 1) || TWIN(x, n, 2))
#endif
#define LANE(x) ((x) % L)
#define CLAIMABLE(x) (LANE(x) == lane && st[x] == QUEUED && att[x] < T)
#if N > 1
#define EACH(p) (p(0) && p(1))
#define SOME(p) (p(0) || p(1))
#else
#define EACH(p) p(0)
#define SOME(p) p(0)
#endif

#if POWER > 0
#define ALIVE_STILL (b == boot)
#define DIED (b != boot)
inline FLUSH() {
  if
  :: powers < POWER ->
     h = 0; do :: h < N -> d_st[h] = st[h]; d_att[h] = att[h]; h++ :: else -> break od;
     h = 0; do :: h < N * (T + 1) -> d_at[h] = at[h]; h++ :: else -> break od;
     h = 0; do :: h < L -> d_epoch[h] = epoch[h]; h++ :: else -> break od;
     d_camp = camp; d_planned = planned; d_sealed = sealed
  :: else -> skip
  fi
}
inline RESTORE() {
  h = 0; do :: h < N -> st[h] = d_st[h]; att[h] = d_att[h]; d_st[h] = 0; d_att[h] = 0; h++ :: else -> break od;
  h = 0; do :: h < N * (T + 1) -> at[h] = d_at[h]; d_at[h] = 0; h++ :: else -> break od;
  h = 0; do :: h < L -> epoch[h] = d_epoch[h]; d_epoch[h] = 0; h++ :: else -> break od;
  camp = d_camp; planned = d_planned; sealed = d_sealed; d_camp = 0; d_planned = 0; d_sealed = 0
}
#else
#define ALIVE_STILL true
#define DIED false
inline FLUSH() { skip }
#endif

#ifdef MUT_NO_TAINT
#define TAINTED(x) false
#else
#define TAINTED(x) ANY(x, UNKNOWN)
#endif
#ifdef MUT_PROOF_FORGOTTEN
#define PROVEN(x) false
#else
#define PROVEN(x) ANY(x, ACCEPTED)
#endif
#ifdef MUT_NO_FENCE
#define FENCE(x, n) true
#else
#define FENCE(x, n) (att[x] == n)
#endif
#ifdef KEYED
#define WHEN_UNCLEAR(x) (att[x] < T -> QUEUED : UNCERTAIN)
#else
#define WHEN_UNCLEAR(x) UNCERTAIN
#endif
#ifdef MUT_CANCEL_TAINTED
#define WHEN_STOPPED(x) CANCELLED
#else
#define WHEN_STOPPED(x) (TAINTED(x) -> UNCERTAIN : CANCELLED)
#endif

/* The one door through which a row leaves claimed or sending, or is queued again: proof wins, taint forbids `failed` (L10), a cancelled
   campaign queues nothing, a completed one is reopened in the same transaction. */
inline TURN(x, to) {
  if
  :: PROVEN(x) -> st[x] = SENT
  :: !PROVEN(x) && (to) == FAILED -> st[x] = (TAINTED(x) -> UNCERTAIN : FAILED)
  :: !PROVEN(x) && (to) == QUEUED ->
#ifdef MUT_CANCEL_REQUEUES
     st[x] = QUEUED;
#else
     st[x] = (camp == STOPPED -> WHEN_STOPPED(x) : QUEUED);
#endif
#ifndef MUT_NO_REOPEN
     if :: camp == COMPLETED -> camp = RUNNING :: else -> skip fi
#endif
  :: else -> st[x] = to
  fi
}

/* An attempt is proven accepted (L9, L11): a late result, an event, a bounce; however old the attempt. */
inline PROOF(x, n) {
  AT(x, n) = ACCEPTED;
  if
  :: st[x] == QUEUED || st[x] == CLAIMED ->
#ifdef MUT_OLDER_PROOF_IGNORED
     skip
#else
     st[x] = SENT; att[x]++
#endif
  :: st[x] == UNCERTAIN || st[x] == FAILED -> st[x] = SENT
  :: st[x] == SENDING && att[x] == n -> st[x] = SENT
  :: else -> skip            /* a newer attempt is under way: TURN sees the proof when that one settles */
  fi
}

/* What a worker writes about its own attempt, however late. */
inline SETTLE(x, n, r) {
  if
  :: r == YES ->
#ifdef MUT_NO_FENCE
     AT(x, n) = ACCEPTED; st[x] = SENT
#else
     if :: AT(x, n) == OPENED || AT(x, n) == UNKNOWN -> PROOF(x, n) :: else -> skip fi
#endif
  :: r == UNCLEAR ->
     if
     :: AT(x, n) == OPENED ->
#ifdef MUT_RETRY_TIMEOUT
        AT(x, n) = NOT; if :: FENCE(x, n) && st[x] == SENDING -> TURN(x, QUEUED) :: else -> skip fi
#else
        AT(x, n) = UNKNOWN; if :: FENCE(x, n) && st[x] == SENDING -> TURN(x, WHEN_UNCLEAR(x)) :: else -> skip fi
#endif
     :: else -> skip
     fi
  :: r == NOTSENT || r == REFUSED ->
     if
     :: AT(x, n) == OPENED || AT(x, n) == UNKNOWN || AT(x, n) == NONE ->
        if :: AT(x, n) != NONE -> AT(x, n) = NOT :: else -> skip fi;
        if
        :: FENCE(x, n) && (st[x] == CLAIMED || st[x] == SENDING || st[x] == UNCERTAIN) ->
           if :: r == NOTSENT -> TURN(x, QUEUED) :: else -> TURN(x, FAILED) fi
        :: else -> skip
        fi
     :: else -> skip
     fi
  fi
}

/* L7: what a take-over does to the rows of the lane's older epochs. */
inline ORPHAN(x) {
  if
  :: st[x] == CLAIMED -> TURN(x, QUEUED)
  :: st[x] == SENDING ->
#ifdef MUT_TIME_RESCUE
     AT(x, att[x]) = NOT; TURN(x, QUEUED)
#else
     AT(x, att[x]) = UNKNOWN; TURN(x, WHEN_UNCLEAR(x))
#endif
  :: else -> skip
  fi
}

/* The provider takes a copy. Ours to answer for: one for the campaign, and one for each order of a person to send again. */
inline ACCEPT(x, n) {
#ifndef KEYED
  assert(!TWICE(x, n));
#endif
  TOOK(x, n) = 1
}

#define RESET() m = 0; n = 0; r = 0; my = 0; lane = 0; b = 0
#if CRASHES > 0
#define KILLED :: atomic { crashes < CRASHES -> crashes++; RESET(); goto start }
#else
#define KILLED
#endif
#if POWER > 0
#define LOST_POWER :: atomic { DIED -> RESET(); goto start }
#else
#define LOST_POWER
#endif

proctype Worker() {
  byte m, n, r, my, lane, b;
end_start:
start:
  atomic {                                                    /* TAKE: a new epoch, and the orphans of the older ones */
    takes < TAKES -> takes++;
#if POWER > 0
    b = boot;
#endif
#if L > 1
    if :: lane = 0 :: lane = 1 fi;
#endif
    epoch[lane]++; my = epoch[lane];
    if :: LANE(0) == lane -> ORPHAN(0) :: else -> skip fi;
#if N > 1
    if :: LANE(1) == lane -> ORPHAN(1) :: else -> skip fi;
#endif
#ifndef MUT_LAZY_TAKE
    FLUSH()
#else
    skip
#endif
  }
end_idle:
idle:
  if
  :: atomic {                                                 /* CLAIM */
       ALIVE_STILL && camp == RUNNING && epoch[lane] == my && SOME(CLAIMABLE) ->
       if
       :: CLAIMABLE(0) -> m = 0
#if N > 1
       :: CLAIMABLE(1) -> m = 1
#endif
       fi;
       att[m]++; n = att[m]; UNDER(m, n) = order[m];
#ifdef MUT_CHECKPOINT_AT_FETCH
       st[m] = SENT; AT(m, n) = OPENED
#else
       st[m] = CLAIMED
#endif
#if defined(ALIVE) && !defined(MUT_LAZY_CLAIM)
       ; FLUSH()                                              /* attempt numbers must not be handed out twice to the living */
#endif
     }
  :: atomic { takes < TAKES && (DIED || epoch[lane] != my) -> RESET(); goto start }
  KILLED
  fi;
  if
  :: atomic {                                                 /* INTEND: granted, refused, or nobody knows (L6) */
       ALIVE_STILL ->
       if
#ifdef MUT_CHECKPOINT_AT_FETCH
       :: r = 0
#else
#ifdef MUT_NO_GATE
       :: FENCE(m, n) && st[m] == CLAIMED && epoch[lane] == my ->
#else
       :: FENCE(m, n) && st[m] == CLAIMED && epoch[lane] == my && camp == RUNNING ->
#endif
          assert(camp == RUNNING);                            /* L14: nothing starts after a pause or cancel that was committed before */
          assert(!ANY(m, ACCEPTED));                          /* L9: nothing starts after proof that the recipient has it */
          st[m] = SENDING; AT(m, n) = OPENED; r = 0;
#ifndef MUT_LAZY_INTENT
          FLUSH()
#endif
       :: FENCE(m, n) && st[m] == CLAIMED && epoch[lane] == my && camp != RUNNING -> TURN(m, QUEUED); m = 0; n = 0; goto idle
       :: !(FENCE(m, n) && st[m] == CLAIMED && epoch[lane] == my) -> m = 0; n = 0; goto idle
       :: r = NOTSENT                                         /* the commit's fate is unknown: no dot, and released by L3 below */
#endif
       fi }
  LOST_POWER
  KILLED
  fi;
  if
  :: atomic { ALIVE_STILL && r == 0 ->                        /* TRANSMIT: the dot */
       if
       :: ACCEPT(m, n); r = YES
       :: ACCEPT(m, n); r = UNCLEAR                           /* accepted, the reply lost */
       :: r = UNCLEAR                                         /* not accepted, but that cannot be told */
       :: r = NOTSENT                                         /* connection lost before the dot (L8), or a 4xx */
       :: r = REFUSED                                         /* a 5xx, or patience is over */
       fi }
  :: atomic { ALIVE_STILL && r != 0 -> skip }
  LOST_POWER
  KILLED
  fi;
  if
  :: atomic { ALIVE_STILL -> SETTLE(m, n, r); m = 0; n = 0; r = 0; goto idle }
  LOST_POWER
  KILLED
  fi
}

#if PLANNERS > 0
proctype Planner() {                                          /* two at once: one of them is a straggler */
  byte seen;
end_plan:
  do
  :: atomic { !sealed -> seen = planned };                    /* reads the cursor, builds its chunk */
     atomic {
       if
#ifdef MUT_PLAN_NO_CURSOR
       :: seen < N ->
#elif defined(MUT_PLAN_GOES_ON)
       :: seen == planned && seen < N ->
#else
       :: seen == planned && seen < N && camp != STOPPED ->
#endif
          st[seen] = QUEUED; planned = seen + 1;
          if :: planned == N -> sealed = 1 :: else -> skip fi;
          seen = 0
       :: else -> seen = 0; goto stop
       fi }
  :: atomic { sealed -> goto stop }
  od;
stop: skip
}
#endif

#define IS_OPEN(x) (st[x] == QUEUED || st[x] == CLAIMED || st[x] == SENDING)
#define IS_QUEUED(x) (st[x] == QUEUED)
#define IS_SETTLED(x) (st[x] == SENT || st[x] == FAILED || st[x] == UNCERTAIN || st[x] == CANCELLED)

#if defined(MUT_COMPLETE_UNSEALED)
#define MAY_COMPLETE !SOME(IS_OPEN)
#elif defined(MUT_COMPLETE_OPEN)
#define MAY_COMPLETE (sealed && !SOME(IS_QUEUED))
#else
#define MAY_COMPLETE (sealed && !SOME(IS_OPEN))
#endif
#define EVIDENCE(x, n) \
  :: atomic { TOOK(x, n) && (AT(x, n) == OPENED || AT(x, n) == UNKNOWN) -> PROOF(x, n) }
#define DECISIONS(x) \
  :: atomic { persons < PERSON && st[x] == UNCERTAIN && camp != STOPPED -> persons++; AGAIN(x); FLUSH() } \
  :: atomic { persons < PERSON && st[x] == UNCERTAIN -> persons++; said[x] = 1; st[x] = FAILED; FLUSH() } \
  :: atomic { persons < PERSON && st[x] == UNCERTAIN -> persons++; said[x] = 1; st[x] = SENT; FLUSH() } \
  :: atomic { persons < PERSON && st[x] == FAILED && camp != STOPPED -> persons++; \
       if :: said[x] -> AGAIN(x) :: else -> TURN(x, QUEUED) fi; FLUSH() }
/* one more copy from here on is the person's doing */
inline AGAIN(x) { order[x]++; said[x] = 0; TURN(x, QUEUED) }

proctype World() {
end_world:
  do
  EVIDENCE(0, 1)
  EVIDENCE(0, 2)
#if T > 2
  EVIDENCE(0, 3)
#endif
#if N > 1
  EVIDENCE(1, 1)
  EVIDENCE(1, 2)
#if T > 2
  EVIDENCE(1, 3)
#endif
#endif
#if PERSON > 0
  DECISIONS(0)
#if N > 1
  DECISIONS(1)
#endif
#endif
  :: atomic { (camp == RUNNING || camp == PAUSED) && MAY_COMPLETE -> camp = COMPLETED }     /* one statement tests both (L23) */
#if PAUSES > 0
  :: atomic { pauses < PAUSES && camp == RUNNING -> pauses++; camp = PAUSED; FLUSH() }
  :: atomic { camp == PAUSED -> camp = RUNNING; FLUSH() }
#endif
#ifdef CANCEL
  :: atomic { camp == RUNNING || camp == PAUSED -> camp = STOPPED; FLUSH() }     /* then the rows, chunk by chunk */
  :: atomic { camp == STOPPED && (st[0] == QUEUED || st[0] == CLAIMED) -> TURN(0, QUEUED); FLUSH() }
#if N > 1
  :: atomic { camp == STOPPED && (st[1] == QUEUED || st[1] == CLAIMED) -> TURN(1, QUEUED); FLUSH() }
#endif
  :: atomic { camp == STOPPED && !swept && !SOME(IS_QUEUED) -> swept = 1 }
#endif
#if POWER > 0
  :: atomic { powers < POWER -> FLUSH() }                     /* the system writes back when it likes: any prefix may be durable */
  :: atomic { powers < POWER -> powers++;
#ifndef ALIVE
       boot++;
#endif
       RESTORE() }
#endif
  od
}

#define LIE(x) ((st[x] == SENT && !ARRIVED(x) && !said[x]) || (st[x] == FAILED && ARRIVED(x) && !said[x]) \
  || (st[x] == CANCELLED && ARRIVED(x)))

proctype Auditor() {                                          /* holds in every state, not only when all is quiet */
end_audit:
  do
  :: d_step { SOME(LIE) -> assert(false) }                                        /* nobody lost, nobody falsely failed */
  :: d_step { camp == COMPLETED && !(sealed && EACH(IS_SETTLED)) -> assert(false) }  /* completed: sealed, and the books close */
  :: d_step { swept && SOME(IS_QUEUED) -> assert(false) }                         /* a cancelled campaign queues nothing */
#ifdef WITNESS
  :: d_step { (WITNESS) -> c_code { static int told; if (!told) { told = 1; printf("WITNESS REACHED\n"); } } }
#endif
  od
}

init {
  byte k;
  atomic {
#if PLANNERS == 0
    sealed = 1; planned = N; st[0] = QUEUED;
#if N > 1
    st[1] = QUEUED;
#endif
#endif
    FLUSH();
    do :: k < W -> run Worker(); k++ :: else -> break od;
#if PLANNERS > 0
    k = 0; do :: k < PLANNERS -> run Planner(); k++ :: else -> break od;
#endif
    k = 0;
    run World(); run Auditor()
  }
}
